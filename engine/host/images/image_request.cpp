#include "engine/host/images/image_request.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/pictures/canny.h"
#include "engine/diffusion/pictures/clip_pixels.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/host/http/errors.h"
#include "engine/host/images/image_mask.h"
#include "engine/io/images/image_resize.h"

namespace diptych::host {
namespace {

using namespace diffusion;

constexpr int64_t outpaint_overlap = 16;  // of the old picture, so that the seam is painted, too

const Image8& picture_named(const std::map<std::string, Image8>& pictures, const std::string& id) {
  const auto found = pictures.find(id);
  if (found == pictures.end()) {
    throw Error(ErrorCategory::not_found, "cannot find picture", id.substr(0, 100), "there is none of this id",
                "upload it first");
  }
  return found->second;
}

// f32 [1, channels, height, width], 0 … 1; grey pictures have one channel.
Tensor tensor_of(Context& ctx, const Image8& picture) {
  const int64_t channels = picture.channels == 1 ? 1 : 3;
  Tensor tensor = ctx.output({1, channels, picture.height, picture.width});
  const std::vector<float> planes = image_planes(picture, PixelRange::unit);
  std::copy_n(planes.begin(), tensor.elements(), tensor.data<float>());
  return tensor;
}

// Of any size; on meta a picture has no pixels.
Tensor whole_tensor(Context& ctx, const Image8& picture) {
  if (ctx.is_meta()) return ctx.output({1, 3, picture.height, picture.width});
  return tensor_of(ctx, picture.channels == 1 ? coloured(picture) : picture);
}

// A built-in one by its name, or a network of the library; none: `usual`.
Enlarger enlarger_named(const std::string& name, Enlarger usual) {
  if (name.empty()) return usual;
  for (const Enlarger known : {Enlarger::latent, Enlarger::bicubic, Enlarger::lanczos}) {
    if (name == enlarger_name(known)) return known;
  }
  return Enlarger::model;
}

void take_solver(const api::ImageSettings& settings, ImageRequest& request) {
  if (!settings.sampler.empty()) {
    const SamplerChoice choice = parse_sampler(settings.sampler);
    request.sampler = choice.sampler;
    request.schedule = choice.schedule;
  }
  if (settings.schedule.empty()) return;
  request.schedule = parse_named_schedule(settings.schedule);
  if (request.sampler) return;
  throw Error(ErrorCategory::invalid_argument, "cannot use schedule", settings.schedule,
              "the model's own scheduler has its own", "choose a sampler as well");
}

// As the command line has it: "canny:100:200".
std::string preprocess_text(const api::ImageControl& control) {
  if (control.preprocess != "canny") return control.preprocess;
  return "canny:" + write_decimal(control.low) + ":" + write_decimal(control.high);
}

class Preparation {
 public:
  Preparation(Context& ctx, const ImageModel& model, const api::ImageSettings& settings, const ImageMaterial& material)
      : ctx_(ctx), model_(model), settings_(settings), material_(material) {}

  PreparedImages operator()() {
    take_settings();
    if (settings_.init) take_pictures(*settings_.init);
    request() = completed(model_, request());  // sizes are checked before anything is made of them
    for (const api::ImageControl& control : settings_.controls) take_control(control);
    for (const api::ImagePrompt& prompt : settings_.image_prompts) take_image_prompt(prompt);
    if (settings_.refiner) {
      const auto& path = material_.files.at(refiner_key(settings_.refiner->model));
      request().refiner =
          RefinerStage{material_.models.refiner(ctx_, material_.registry, path), settings_.refiner->switch_at};
    }
    request() = completed(model_, request());
    for (const api::ImageAdapter& adapter : settings_.adapters) {
      result_.adapters.push_back(
          {material_.files.at(adapter.file), adapter.scale, adapter.text_encoder_scale.value_or(adapter.scale)});
    }
    for (const std::string& embedding : settings_.embeddings)
      result_.embeddings.push_back(material_.files.at(embedding_key(embedding)));
    if (settings_.hires) take_hires(*settings_.hires);
    return std::move(result_);
  }

 private:
  ImageRequest& request() { return result_.request; }

  void take_settings() {
    ImageRequest& to = request();
    to.prompt = settings_.prompt;
    to.negative = settings_.negative;
    to.prompt_syntax = !settings_.plain_prompt;
    to.wildcard_seed = static_cast<uint64_t>(settings_.wildcard_seed.value_or(settings_.seed.value_or(0)));
    to.classes.assign(settings_.classes.begin(), settings_.classes.end());
    to.width = settings_.width;
    to.height = settings_.height;
    to.images = settings_.batch;
    to.steps = settings_.steps;
    to.eta = settings_.eta;
    to.flow_shift = settings_.flow_shift;
    to.guidance_scale = settings_.guidance;
    to.guidance.rescale = settings_.guidance_rescale;
    to.guidance.begin = settings_.guidance_begin;
    to.guidance.end = settings_.guidance_end;
    to.sequential_guidance = settings_.sequential_guidance || settings_.low_memory;
    to.tiled_autoencoder = settings_.tiled_vae || settings_.low_memory;
    to.clip_skip = settings_.clip_skip - 1;
    to.perturbed = {.scale = settings_.pag_scale, .adaptive = settings_.pag_adaptive, .layers = settings_.pag_layers};
    if (!settings_.cache.empty()) to.cache = parse_step_cache(settings_.cache);
    if (settings_.variation && settings_.variation->strength > 0) {
      to.variation = Variation{parse_noise_kind(settings_.rng), static_cast<uint64_t>(settings_.variation->seed),
                               settings_.variation->strength};
    }
    take_solver(settings_, to);
    if (model_.family == ImageFamily::dit && to.classes.size() != static_cast<size_t>(settings_.batch)) {
      refuse("classes", "there are " + std::to_string(to.classes.size()) + " labels for " +
                            std::to_string(settings_.batch) + " pictures at once");
    }
  }

  void take_pictures(const api::ImageInit& init) {
    request().strength = init.strength;
    const Image8& picture = picture_named(material_.pictures, init.image);
    if (settings_.upscale) {
      take_upscale();
    } else if (init.outpaint != api::Outpaint{}) {
      take_canvas(picture, init.outpaint);
    } else if (init.mask.empty()) {
      take_size_of(picture);
      request().init_image = scaled(picture);
    } else if (init.full_resolution) {
      request() = completed(model_, request());  // the model's own size where none is given
      take_region(picture, picture_named(material_.pictures, init.mask), init);
    } else {
      take_size_of(picture);
      const Image8& mask = picture_named(material_.pictures, init.mask);
      request().init_image = scaled(picture);
      request().mask = ctx_.output({1, 1, request().height, request().width});
      if (ctx_.is_meta()) return;
      const Image8 grey = mask_picture(mask, request().width, request().height);
      request().mask = tensor_of(ctx_, grey);
      put_back(resized(picture, request().width, request().height), grey, init.mask_blur);
    }
  }

  void take_upscale() {
    PreparedUpscale& upscale =
        result_.upscale.emplace(prepare_upscale(ctx_, settings_, material_.pictures, material_.files));
    const Tensor& picture = upscale.picture;
    const PixelSize size = upscaled_size({picture.dim(3), picture.dim(2)}, upscale.pass.scale, model_.side_multiple());
    request().width = size.width;
    request().height = size.height;
  }

  void take_size_of(const Image8& picture) {
    const int64_t multiple = model_.side_multiple();
    const auto whole = [&](int64_t pixels) { return std::max(multiple, pixels / multiple * multiple); };
    if (request().width == 0) request().width = whole(picture.width);
    if (request().height == 0) request().height = whole(picture.height);
    ImageRequest sized = request();
    completed(model_, sized);
  }

  Tensor scaled(const Image8& picture) {
    if (ctx_.is_meta()) return ctx_.output({1, 3, request().height, request().width});
    Image8 fitted = resized(picture, request().width, request().height);
    if (fitted.channels == 1) fitted = coloured(fitted);
    return tensor_of(ctx_, fitted);
  }

  void put_back(Image8 picture, const Image8& mask, double blur) {
    result_.soft_mask = blurred_mask(mask, blur);
    result_.region = {0, 0, picture.width, picture.height};
    result_.picture = std::move(picture);
  }

  void take_region(const Image8& picture, const Image8& mask, const api::ImageInit& init) {
    const Shape whole{1, 1, request().height, request().width};
    if (ctx_.is_meta()) {
      request().init_image = ctx_.output({1, 3, request().height, request().width});
      request().mask = ctx_.output(whole);
      return;
    }
    const Image8 grey = mask_picture(mask, picture.width, picture.height);
    const PixelRegion region = masked_region(grey, init.padding, request().width, request().height);
    request().init_image = scaled(cut_region(picture, region));
    request().mask = tensor_of(ctx_, resized(cut_region(grey, region), request().width, request().height));
    put_back(picture, grey, init.mask_blur);
    result_.region = region;
  }

  void take_canvas(const Image8& picture, const api::Outpaint& sides) {
    const int64_t multiple = model_.side_multiple();
    request().strength = 1;  // there is nothing to begin from
    if (ctx_.is_meta()) {
      const auto whole = [&](int64_t pixels) { return (pixels + multiple - 1) / multiple * multiple; };
      request().width = whole(picture.width + sides.left + sides.right);
      request().height = whole(picture.height + sides.top + sides.bottom);
      request().init_image = ctx_.output({1, 3, request().height, request().width});
      request().mask = ctx_.output({1, 1, request().height, request().width});
      return;
    }
    const Canvas canvas =
        outpainting_canvas(picture, {sides.left, sides.top, sides.right, sides.bottom}, outpaint_overlap, multiple);
    request().width = canvas.picture.width;
    request().height = canvas.picture.height;
    request().init_image = tensor_of(ctx_, canvas.picture);
    request().mask = tensor_of(ctx_, canvas.mask);
    put_back(canvas.picture, canvas.mask, outpaint_overlap / 4.0);
  }

  void take_control(const api::ImageControl& control) {
    const Image8& picture = picture_named(material_.pictures, control.image);
    ControlRequest asked;
    asked.model = material_.models.control(ctx_, material_.registry, material_.files.at(control.model));
    asked.image = control.preprocess.empty() || ctx_.is_meta()
                      ? scaled(picture)
                      : scaled(canny(resized(picture, request().width, request().height), control.low, control.high));
    asked.scale = control.scale;
    asked.begin = control.begin;
    asked.end = control.end;
    asked.guess = control.guess;
    request().controls.push_back(std::move(asked));
  }

  void take_image_prompt(const api::ImagePrompt& prompt) {
    const Image8& picture = picture_named(material_.pictures, prompt.image);
    ImagePromptRequest asked;
    asked.adapter =
        material_.models.image_prompt(ctx_, material_.registry, material_.files.at(image_prompt_key(prompt.adapter)));
    asked.encoder =
        material_.models.image_encoder(ctx_, material_.registry, material_.files.at(image_encoder_key(prompt.encoder)));
    const int64_t side = asked.encoder->info().image_size;
    asked.pixels = ctx_.output({1, 3, side, side});
    if (!ctx_.is_meta()) std::ranges::copy(clip_pixels(picture, side), asked.pixels.data<float>());
    asked.scale = prompt.scale;
    request().image_prompts.push_back(std::move(asked));
  }

  void take_hires(const api::ImageHires& hires) {
    if (request().mask) refuse("hires", "a part of a picture is made in one pass");
    HiresPass& pass = result_.hires.emplace();
    pass.scale = hires.scale;
    pass.steps = hires.steps;
    pass.strength = hires.strength;
    pass.enlarger = enlarger_named(hires.upscaler, Enlarger::latent);
    if (pass.enlarger == Enlarger::model) pass.upscaler = material_.files.at(hires.upscaler).string();
  }

  Context& ctx_;
  const ImageModel& model_;
  const api::ImageSettings& settings_;
  const ImageMaterial& material_;
  PreparedImages result_;
};

}  // namespace

Image8 PreparedImages::finished(const Image8& made) const {
  return picture ? with_region(*picture, made, region, soft_mask) : made;
}

PreparedImages prepare_images(Context& ctx, const ImageModel& model, const api::ImageSettings& settings,
                              const ImageMaterial& material) {
  return Preparation(ctx, model, settings, material)();
}

PreparedUpscale prepare_upscale(Context& ctx, const api::ImageSettings& settings,
                                const std::map<std::string, Image8>& pictures, const SideFiles& files) {
  const api::ImageUpscale& asked = *settings.upscale;
  PreparedUpscale upscale{.pass = {.scale = asked.scale,
                                   .enlarger = enlarger_named(asked.upscaler, Enlarger::lanczos),
                                   .tiles = {asked.tile, asked.overlap}},
                          .network = {},
                          .picture = whole_tensor(ctx, picture_named(pictures, settings.init->image))};
  if (upscale.pass.enlarger == Enlarger::model) upscale.network = files.at(asked.upscaler);
  return upscale;
}

api::ImageSettings completed_settings(const api::ImageSettings& settings, const ImageRequest& request) {
  api::ImageSettings result = settings;
  result.width = static_cast<int>(request.width);
  result.height = static_cast<int>(request.height);
  result.steps = request.steps;
  result.guidance = request.guidance.scale;
  result.wildcard_seed = static_cast<int64_t>(request.wildcard_seed);
  if (request.sampler) result.sampler = sampler_name(*request.sampler);
  if (request.sampler && request.schedule) result.schedule = named_schedule_name(*request.schedule);
  return result;
}

Recipe recipe_of(const api::ImageSettings& settings, const std::string& model_name, const std::string& version) {
  Recipe recipe;
  recipe.program = "Diptych";
  recipe.engine_version = version;
  recipe.prompt = settings.prompt;
  recipe.negative_prompt = settings.negative.value_or("");
  if (settings.plain_prompt) recipe.plain_prompt = true;
  recipe.classes = settings.classes;
  recipe.model.name = model_name;
  recipe.vae.name = settings.vae;
  for (const std::string& encoder : settings.text_encoders) recipe.text_encoders.push_back({encoder, ""});
  recipe.prediction = settings.prediction;
  if (settings.seed) recipe.seed = static_cast<uint64_t>(*settings.seed);
  if (settings.wildcard_seed) recipe.wildcard_seed = static_cast<uint64_t>(*settings.wildcard_seed);
  if (settings.variation) {
    recipe.variation = RecipeVariation{static_cast<uint64_t>(settings.variation->seed), settings.variation->strength};
  }
  recipe.rng = settings.rng;
  recipe.sampler = settings.sampler;
  recipe.schedule = settings.schedule;
  recipe.eta = settings.eta;
  recipe.flow_shift = settings.flow_shift;
  recipe.steps = settings.steps;
  recipe.width = settings.width;
  recipe.height = settings.height;
  recipe.guidance = settings.guidance;
  if (settings.guidance_rescale > 0) recipe.guidance_rescale = settings.guidance_rescale;
  if (settings.guidance_begin > 0) recipe.guidance_begin = settings.guidance_begin;
  if (settings.guidance_end < 1) recipe.guidance_end = settings.guidance_end;
  recipe.cache = settings.cache;
  recipe.quantize = settings.quantize;
  if (settings.pag_scale > 0) {
    recipe.perturbed_attention = RecipePerturbed{settings.pag_scale, settings.pag_adaptive, settings.pag_layers};
  }
  recipe.clip_skip = settings.clip_skip;
  for (const api::ImageAdapter& adapter : settings.adapters) {
    recipe.adapters.push_back({.file = {adapter.file, ""},
                               .text_encoder_scale = adapter.text_encoder_scale.value_or(adapter.scale),
                               .denoiser_scale = adapter.scale});
  }
  if (settings.init) {
    recipe.init = RecipeInit{
        .image = {settings.init->image, ""}, .mask = {settings.init->mask, ""}, .strength = settings.init->strength};
    if (!settings.init->mask.empty()) recipe.init->mask_blur = settings.init->mask_blur;
    if (settings.init->full_resolution) recipe.init->padding = settings.init->padding;
    const api::Outpaint& sides = settings.init->outpaint;
    if (sides != api::Outpaint{}) recipe.init->outpaint = {sides.left, sides.top, sides.right, sides.bottom};
  }
  for (const api::ImageControl& control : settings.controls) {
    recipe.controls.push_back({.model = {control.model, ""},
                               .image = {control.image, ""},
                               .preprocess = preprocess_text(control),
                               .scale = control.scale,
                               .begin = control.begin,
                               .end = control.end,
                               .guess = control.guess});
  }
  for (const api::ImagePrompt& prompt : settings.image_prompts) {
    recipe.image_prompts.push_back({.adapter = {prompt.adapter, ""},
                                    .image = {prompt.image, ""},
                                    .scale = prompt.scale,
                                    .encoder = {prompt.encoder, ""}});
  }
  if (settings.refiner) recipe.refiner = RecipeRefiner{{settings.refiner->model, ""}, settings.refiner->switch_at};
  if (settings.hires) {
    RecipeHires& hires = recipe.hires.emplace();
    hires.scale = settings.hires->scale;
    if (settings.hires->steps > 0) hires.steps = settings.hires->steps;
    hires.strength = settings.hires->strength;
    hires.upscaler = settings.hires->upscaler;
  }
  if (settings.upscale) {
    const api::ImageUpscale& upscale = *settings.upscale;
    recipe.upscale = RecipeUpscale{.scale = upscale.scale,
                                   .upscaler = upscale.upscaler.empty() ? "lanczos" : upscale.upscaler,
                                   .tile = upscale.tile,
                                   .overlap = upscale.overlap};
  }
  return recipe;
}

}  // namespace diptych::host
