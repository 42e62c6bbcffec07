#include "app/cli/load_model.h"

#include <CLI/CLI.hpp>

#include "app/cli/progress.h"
#include "engine/core/error.h"
#include "engine/io/library/model_ref.h"
#include "engine/io/library/side_files.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

// load(registry, source, options) with a line of progress.
template <typename Load>
auto with_progress(Context& ctx, const std::string& name_or_path, const Load& load) {
  ModelRegistry registry;
  models::register_all(registry);
  const ModelSource source = registry.open_component(resolve_model(name_or_path));
  ProgressLine line;
  LoadOptions options;
  options.cancel = ctx.cancel;
  options.progress = [&](double fraction) {
    line.show("loading " + source.name() + ": " + std::to_string(static_cast<int>(fraction * 100)) + " %");
  };
  auto model = load(registry, source, options);
  line.clear();
  return model;
}

// A pipeline's folders say which of its text encoders one is.
std::string component_of(const ModelRegistry& registry, const ModelSource& source) {
  if (registry.is_denoiser(source)) return "denoiser";
  if (!registry.is_text_encoder(source)) return "model";
  const std::string name = source.name();
  return name == "text_encoder_2" || name == "text_encoder_3" ? name : "text_encoder";
}

}  // namespace

std::unique_ptr<CausalLm> load_causal_lm(Context& ctx, const std::string& name_or_path) {
  return with_progress(ctx, name_or_path, [&](const auto& registry, const auto& source, const auto& options) {
    return registry.load_causal_lm(ctx, source, options);
  });
}

LoadedModel load_model(Context& ctx, const std::string& name_or_path) {
  if (const std::filesystem::path path = resolve_model(name_or_path); is_image_prompt_file(path)) {
    ModelRegistry registry;
    models::register_all(registry);
    LoadOptions options;
    options.cancel = ctx.cancel;
    LoadedModel loaded;
    loaded.image_prompt_model = registry.load_image_prompt_model(ctx, path, options);
    return loaded;
  }
  return with_progress(ctx, name_or_path, [&](const auto& registry, const auto& source, LoadOptions options) {
    LoadedModel loaded;
    loaded.adaptable = {{component_of(registry, source), std::make_shared<WeightTargets>()}};
    options.targets = loaded.adaptable.front().targets;
    if (registry.is_denoiser(source)) {
      loaded.denoiser = registry.load_denoiser(ctx, source, options);
    } else if (registry.is_autoencoder(source)) {
      loaded.autoencoder = registry.load_autoencoder(ctx, source, options);
    } else if (registry.is_control_model(source)) {
      loaded.control_model = registry.load_control_model(ctx, source, options);
    } else if (registry.is_image_encoder(source)) {
      loaded.image_encoder = registry.load_image_encoder(ctx, source, options);
    } else if (registry.is_text_encoder(source)) {
      loaded.text_encoder = registry.load_text_encoder(ctx, source, options);
    } else {
      loaded.causal_lm = registry.load_causal_lm(ctx, source, options);
    }
    return loaded;
  });
}

diffusion::ImageModel load_image_model(Context& ctx, const ModelRef& ref, const diffusion::ImageStreaming& streaming) {
  ModelRef found = ref;
  found.path = resolve_model(ref.path.string(), ModelKind::image);
  if (!ref.vae.empty()) found.vae = resolve_side_file(ModelKind::autoencoder, ref.vae.string(), found.path);
  for (std::filesystem::path& path : found.text_encoders) {
    path = resolve_side_file(ModelKind::text_encoder, path.string(), found.path);
  }
  std::error_code error;
  if (std::filesystem::is_directory(found.path, error) && !is_pipeline_folder(found.path)) {
    throw Error(ErrorCategory::unsupported, "cannot load image model", found.path.string(),
                "it is no diffusers pipeline (a folder with model_index.json)",
                "choose such a folder, or a checkpoint of one file");
  }
  ModelRegistry registry;
  models::register_all(registry);
  ProgressLine line;
  LoadOptions options;
  options.cancel = ctx.cancel;
  options.progress = [&](double fraction) {
    line.show("loading " + found.path.filename().string() + ": " + std::to_string(static_cast<int>(fraction * 100)) +
              " %");
  };
  diffusion::ImageModel model =
      diffusion::load_image_model(ctx, registry, diffusion::open_parts(registry, found), options, streaming);
  line.clear();
  return model;
}

void add_quantize_option(CLI::App& command, std::string& quantize) {
  command
      .add_option("--quantize", quantize,
                  "q8_0: linear layers of denoiser and text encoders are rounded to 8 bits as they are read, and so is "
                  "what they multiply: less memory, faster, a slightly different picture")
      ->check([](const std::string& type) {
        try {
          diffusion::parse_linear_type(type);
          return std::string();
        } catch (const Error& error) {
          return type + ": " + error.why();
        }
      });
}

}  // namespace diptych::cli
