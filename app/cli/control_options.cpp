#include "app/cli/control_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <memory>

#include "app/cli/image_files.h"
#include "engine/core/error.h"
#include "engine/diffusion/pictures/canny.h"
#include "engine/diffusion/pictures/clip_pixels.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/io/images/image_resize.h"
#include "engine/io/library/model_ref.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/io/library/side_files.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

using namespace diffusion;

constexpr const char* control_form = "MODEL:PICTURE[:SCALE[:BEGIN:END]]";
constexpr const char* adapter_form = "FILE:PICTURE[:SCALE]";
constexpr const char* preprocess_form = "none or canny[:LOW:HIGH]";

// Fields between colons, of which the last ones are numbers.
class Fields {
 public:
  Fields(std::string option, std::string text, const char* form)
      : option_(std::move(option)), text_(std::move(text)), form_(form) {
    for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
      end = text_.find(':', begin);
      fields_.push_back(text_.substr(begin, end == std::string::npos ? end : end - begin));
    }
  }

  size_t count() const { return fields_.size(); }
  const std::string& operator[](size_t i) const { return fields_[i]; }
  double number(size_t i, double fallback) const {
    if (i >= count()) return fallback;
    const std::string& field = fields_[i];
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) refuse("'" + field + "' is no number");
    return value;
  }
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCategory::invalid_argument, "cannot read " + option_, text_, why,
                std::string("write it as ") + form_);
  }

 private:
  std::string option_, text_;
  const char* form_;
  std::vector<std::string> fields_;
};

struct Preprocess {
  bool canny = false;
  double low = 100, high = 200;
};

Preprocess preprocess_of(const std::string& text) {
  const Fields fields("--control-preprocess", text, preprocess_form);
  if (text == "none") return {};
  if (fields[0] != "canny" || (fields.count() != 1 && fields.count() != 3)) fields.refuse("it is not known");
  return {.canny = true, .low = fields.number(1, 100), .high = fields.number(2, 200)};
}

// f32 [1, 3, height, width], 0 … 1
Tensor control_picture(Context& ctx, const std::string& path, const Preprocess& preprocess, int64_t width,
                       int64_t height) {
  Tensor picture = ctx.output({1, 3, height, width});
  if (picture.is_meta()) return picture;
  Image8 image = resized(read_image(path).image, width, height);
  if (preprocess.canny) image = canny(image, preprocess.low, preprocess.high);
  const std::vector<float> planes = image_planes(image, PixelRange::unit);
  std::ranges::copy(planes, picture.data<float>());
  return picture;
}

Tensor prompt_picture(Context& ctx, const std::string& path, int64_t side) {
  Tensor pixels = ctx.output({1, 3, side, side});
  if (pixels.is_meta()) return pixels;
  const std::vector<float> planes = clip_pixels(read_image(path).image, side);
  std::ranges::copy(planes, pixels.data<float>());
  return pixels;
}

// Models by name or path, each loaded once.
template <typename Model>
class Loaded {
 public:
  // `beside`: the pipeline, whose folders are looked through first.
  Loaded(ModelKind kind, std::filesystem::path beside) : kind_(kind), beside_(std::move(beside)) {}

  template <typename Load>
  std::shared_ptr<const Model> operator()(const std::string& name, const Load& load) {
    std::shared_ptr<const Model>& model = models_[name];
    if (!model) model = load(resolve_side_file(kind_, name, beside_));
    return model;
  }

 private:
  ModelKind kind_;
  std::filesystem::path beside_;
  std::map<std::string, std::shared_ptr<const Model>> models_;
};

std::filesystem::path encoder_folder(const std::string& given, const std::string& pipeline) {
  if (!given.empty()) return resolve_model(given, ModelKind::image_encoder);
  const auto own = open_pipeline_folder(resolve_model(pipeline, ModelKind::image)).component("image_encoder");
  if (own) return *own;
  throw Error(ErrorCategory::invalid_argument, "cannot use --ip-adapter", pipeline, "the pipeline has no image encoder",
              "name the folder of CLIP's image encoder with --image-encoder");
}

}  // namespace

void ControlOptions::add_to(CLI::App& command, ImageRequest& request) {
  command.add_option("--control", controls,
                     std::string("Control model and its picture, may be given again: ") + control_form);
  command
      .add_option(
          "--control-preprocess", preprocess,
          std::string("What makes a control picture of an ordinary one, for all or one for each: ") + preprocess_form)
      ->needs("--control");
  command
      .add_flag("--control-guess", guess, "ControlNets guess what the picture shows: only the prompt's half sees them")
      ->needs("--control");
  command.add_option("--ip-adapter", ip_adapters,
                     std::string("IP-Adapter and the picture to resemble, may be given again: ") + adapter_form);
  command.add_option("--image-encoder", image_encoder, "Folder of CLIP's image encoder (default: the pipeline's own)")
      ->needs("--ip-adapter");
  command.add_option("--pag-scale", request.perturbed.scale, "Perturbed-attention guidance; 3 is usual")
      ->check(CLI::Range(0.0, 100.0));
  command.add_option("--pag-adaptive", request.perturbed.adaptive, "How much its scale falls for each timestep behind")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option(
      "--pag-layers", request.perturbed.layers,
      R"(Its layers, as regular expressions of diffusers' names (default: the middle of a UNet): up_blocks\.1)");
}

void ControlOptions::complete(Context& ctx, const std::string& pipeline, const ImageStreaming& streaming,
                              ImageRequest& request) const {
  if (controls.empty() && ip_adapters.empty()) return;
  ModelRegistry registry;
  models::register_all(registry);
  LoadOptions of_steps, of_prompt;
  of_steps.cancel = of_prompt.cancel = ctx.cancel;
  of_steps.stream = streaming.denoiser;
  of_prompt.stream = streaming.ends;
  if (preprocess.size() > 1 && preprocess.size() != controls.size()) {
    throw Error(ErrorCategory::invalid_argument, "cannot read --control-preprocess", preprocess.back(),
                "there are " + std::to_string(preprocess.size()) + " for " + std::to_string(controls.size()) +
                    " control models",
                "give one for all, or one for each");
  }
  const std::filesystem::path beside = resolve_model(pipeline, ModelKind::image);
  Loaded<ControlModel> control_models(ModelKind::control, beside);
  for (size_t i = 0; i < controls.size(); ++i) {
    const Fields fields("--control", controls[i], control_form);
    if (fields.count() != 2 && fields.count() != 3 && fields.count() != 5) fields.refuse("parts are missing");
    const Preprocess made =
        preprocess.empty() ? Preprocess{} : preprocess_of(preprocess[preprocess.size() > 1 ? i : 0]);
    request.controls.push_back({.model = control_models(fields[0],
                                                        [&](const auto& path) -> std::shared_ptr<const ControlModel> {
                                                          return registry.load_control_model(
                                                              ctx, registry.open_component(path), of_steps);
                                                        }),
                                .image = control_picture(ctx, fields[1], made, request.width, request.height),
                                .scale = fields.number(2, 1),
                                .begin = fields.number(3, 0),
                                .end = fields.number(4, 1),
                                .guess = guess});
  }
  std::shared_ptr<const ImageEncoder> encoder;
  Loaded<ImagePromptModel> adapters(ModelKind::image_prompt, beside);
  for (const std::string& text : ip_adapters) {
    const Fields fields("--ip-adapter", text, adapter_form);
    if (fields.count() != 2 && fields.count() != 3) fields.refuse("parts are missing");
    const double scale = fields.number(2, 1);
    if (!encoder)
      encoder = registry.load_image_encoder(ctx, open_model(encoder_folder(image_encoder, pipeline)), of_prompt);
    request.image_prompts.push_back(
        {.adapter = adapters(fields[0],
                             [&](const auto& path) -> std::shared_ptr<const ImagePromptModel> {
                               return registry.load_image_prompt_model(ctx, path, of_steps);
                             }),
         .encoder = encoder,
         .pixels = prompt_picture(ctx, fields[1], encoder->info().image_size),
         .scale = scale});
  }
}

void ControlOptions::describe(const ImageRequest& request, Recipe& recipe) const {
  const auto file = [](const std::string& path) {
    return RecipeFile{std::filesystem::path(path).filename().string(), ""};
  };
  for (size_t i = 0; i < controls.size(); ++i) {
    const Fields fields("--control", controls[i], control_form);
    const std::string made = preprocess.empty() ? "none" : preprocess[preprocess.size() > 1 ? i : 0];
    recipe.controls.push_back({.model = file(fields[0]),
                               .image = file(fields[1]),
                               .preprocess = made == "none" ? "" : made,
                               .scale = request.controls[i].scale,
                               .begin = request.controls[i].begin,
                               .end = request.controls[i].end,
                               .guess = guess});
  }
  for (size_t i = 0; i < ip_adapters.size(); ++i) {
    const Fields fields("--ip-adapter", ip_adapters[i], adapter_form);
    recipe.image_prompts.push_back(
        {.adapter = file(fields[0]), .image = file(fields[1]), .scale = request.image_prompts[i].scale});
  }
  const PerturbedAttention& perturbed = request.perturbed;
  if (perturbed.scale > 0) {
    recipe.perturbed_attention = RecipePerturbed{perturbed.scale, perturbed.adaptive, perturbed.layers};
  }
}

}  // namespace diptych::cli
