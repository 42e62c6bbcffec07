#include "engine/diffusion/image_model.h"

#include <array>

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

struct PipelineClass {
  const char* name;
  ImageFamily family;
};

// What differs between text-to-image, image-to-image and inpainting pipelines is the request, not the model.
constexpr std::array pipeline_classes{
    PipelineClass{"StableDiffusionPipeline", ImageFamily::stable_diffusion},
    PipelineClass{"StableDiffusionImg2ImgPipeline", ImageFamily::stable_diffusion},
    PipelineClass{"StableDiffusionInpaintPipeline", ImageFamily::stable_diffusion},
    PipelineClass{"StableDiffusionXLPipeline", ImageFamily::sdxl},
    PipelineClass{"StableDiffusionXLImg2ImgPipeline", ImageFamily::sdxl},
    PipelineClass{"StableDiffusionXLInpaintPipeline", ImageFamily::sdxl},
    PipelineClass{"StableDiffusion3Pipeline", ImageFamily::sd3},
    PipelineClass{"FluxPipeline", ImageFamily::flux},
    PipelineClass{"PixArtAlphaPipeline", ImageFamily::pixart},
    PipelineClass{"PixArtSigmaPipeline", ImageFamily::pixart},
    PipelineClass{"DiTPipeline", ImageFamily::dit},
};

ImageFamily family_of(const PipelineFolder& folder) {
  std::string known;
  for (const PipelineClass& one : pipeline_classes) {
    if (folder.pipeline == one.name) return one.family;
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  throw Error(ErrorCategory::unsupported, "cannot load pipeline", folder.path.string(),
              "pipelines of class " + folder.pipeline + " are not supported", "choose one of these: " + known);
}

// The options with a list of their own for what adapters may change in the component.
LoadOptions noting(ImageModel& model, const std::string& component, LoadOptions options) {
  options.targets = std::make_shared<WeightTargets>();
  model.adaptable.push_back({component, options.targets});
  return options;
}

TextPart text_part(Context& ctx, const ModelRegistry& registry, const PipelineFolder& folder, const std::string& number,
                   const LoadOptions& options) {
  TextPart part;
  const auto encoder = folder.component("text_encoder" + number);
  if (!encoder) return part;
  part.window = open_text_window(folder.required("tokenizer" + number));
  part.encoder = registry.load_text_encoder(ctx, open_model(*encoder), options);
  return part;
}

size_t texts_of(ImageFamily family) {
  switch (family) {
    case ImageFamily::stable_diffusion:
    case ImageFamily::pixart:
      return 1;
    case ImageFamily::sdxl:
    case ImageFamily::flux:
      return 2;
    case ImageFamily::sd3:
      return 3;
    case ImageFamily::dit:
      return 0;
  }
  return 0;
}

[[noreturn]] void refuse_parts(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot load pipeline", path.string(), why,
              "choose components that belong together");
}

void check_latents(const ImageModel& model, const ImageAutoencoder& autoencoder, const std::filesystem::path& path) {
  const int64_t latents = autoencoder.info().latent_channels, seen = model.denoiser->info().in_channels;
  if (seen == latents || seen == 2 * latents + 1) return;  // the latter for inpainting
  refuse_parts(path, "the denoiser reads " + std::to_string(seen) + " channels, the autoencoder makes " +
                         std::to_string(latents));
}

void check_texts(const ImageModel& model, const std::filesystem::path& path) {
  // SDXL's refiner has the second encoder alone, SD3 may be used without T5.
  const size_t optional = model.family == ImageFamily::sdxl ? 0 : model.family == ImageFamily::sd3 ? 2 : 99;
  for (size_t i = 0; i < model.texts.size(); ++i) {
    if (i != optional && !model.texts[i].encoder)
      refuse_parts(path, "a text encoder is missing from its model_index.json");
    if (!model.texts[i].encoder) continue;
    const TextEncoderInfo& info = model.texts[i].encoder->info();
    if (info.max_tokens > 0 && model.texts[i].window.tokens > info.max_tokens) {
      refuse_parts(path, "its tokenizer gives " + std::to_string(model.texts[i].window.tokens) +
                             " tokens, the encoder reads " + std::to_string(info.max_tokens));
    }
  }
}

}  // namespace

ImageModel load_image_model(Context& ctx, const ModelRegistry& registry, const PipelineFolder& folder,
                            const LoadOptions& options) {
  ImageModel model;
  model.pipeline = folder.pipeline;
  model.family = family_of(folder);
  model.zeros_without_negative = folder.flag("force_zeros_for_empty_prompt");
  model.scheduler = read_scheduler_config(folder.required("scheduler") / "scheduler_config.json");
  for (size_t i = 0; i < texts_of(model.family); ++i) {
    const std::string number = i == 0 ? "" : "_" + std::to_string(i + 1);
    model.texts.push_back(text_part(ctx, registry, folder, number, noting(model, "text_encoder" + number, options)));
    if (!model.texts.back().encoder) model.adaptable.pop_back();
  }
  const auto transformer = folder.component("transformer");
  const auto denoiser = transformer ? *transformer : folder.required("unet");
  model.denoiser = registry.load_denoiser(ctx, open_model(denoiser), noting(model, "denoiser", options));
  model.autoencoder = registry.load_autoencoder(ctx, open_model(folder.required("vae")), options);
  check_texts(model, folder.path);
  check_latents(model, *model.autoencoder, folder.path);
  return model;
}

void replace_autoencoder(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& folder,
                         ImageModel& model, const LoadOptions& options) {
  auto autoencoder = registry.load_autoencoder(ctx, open_model(folder), options);
  check_latents(model, *autoencoder, folder);
  model.autoencoder = std::move(autoencoder);
}

}  // namespace diptych::diffusion
