#include "engine/diffusion/image_model.h"

#include "engine/core/error.h"
#include "engine/diffusion/pipeline_family.h"
#include "engine/diffusion/refiner.h"

namespace diptych::diffusion {
namespace {

// The options with a list of their own for what adapters may change in the component.
LoadOptions noting(ImageModel& model, const std::string& component, LoadOptions options) {
  options.targets = std::make_shared<WeightTargets>();
  std::erase_if(model.adaptable, [&](const ModelPart& part) { return part.component == component; });
  model.adaptable.push_back({component, options.targets});
  return options;
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

constexpr int64_t least_clip_tokens = 3;

void check_texts(const ImageModel& model, const std::filesystem::path& path) {
  const std::vector<TextSlot>& slots = traits_of(model.family).texts;
  for (size_t i = 0; i < model.texts.size(); ++i) {
    if (!slots[i].optional && !model.texts[i].encoder) refuse_parts(path, "a text encoder is missing");
    if (!model.texts[i].encoder) continue;
    const TextEncoderInfo& info = model.texts[i].encoder->info();
    if (slots[i].kind == TextKind::clip && model.texts[i].window.tokens < least_clip_tokens) {
      refuse_parts(path, "its tokenizer gives " + std::to_string(model.texts[i].window.tokens) +
                             " tokens, of which two begin and end a text");
    }
    const bool cut_later = slots[i].kind == TextKind::language_model;  // whose windows have no fixed number of tokens
    if (!cut_later && info.max_tokens > 0 && model.texts[i].window.tokens > info.max_tokens) {
      refuse_parts(path, "its tokenizer gives " + std::to_string(model.texts[i].window.tokens) +
                             " tokens, the encoder reads " + std::to_string(info.max_tokens));
    }
    if (model.family == ImageFamily::causal_text && model.texts[i].window.tokenizer->vocab_size() > info.vocab) {
      refuse_parts(path, "its tokenizer knows " + std::to_string(model.texts[i].window.tokenizer->vocab_size()) +
                             " tokens, the language model " + std::to_string(info.vocab));
    }
  }
}

// What the denoiser reads must be as wide as what its encoders write.
void check_text_widths(const ImageModel& model, const std::filesystem::path& path) {
  int64_t written = 0;
  for (const TextPart& part : model.texts) {
    if (part.encoder && model.family != ImageFamily::sd3) written += part.encoder->info().hidden;
  }
  if (model.family == ImageFamily::flux) written = model.texts[1].encoder->info().hidden;
  const int64_t read = model.denoiser->info().text_width;
  if (written == 0 || written == read) return;
  refuse_parts(path, "the denoiser reads texts " + std::to_string(read) + " wide, the text encoders write " +
                         std::to_string(written));
}

ImageModel unloaded_model(const ImageModelParts& parts) {
  ImageModel model;
  model.pipeline = parts.pipeline;
  model.family = family_of_pipeline(parts.pipeline, parts.path.string());
  model.zeros_without_negative = parts.zeros_without_negative;
  model.scheduler = parts.scheduler;
  model.texts.resize(parts.texts.size());
  return model;
}

}  // namespace

int64_t ImageModel::side_multiple() const {
  const DenoiserInfo& info = denoiser->info();
  return autoencoder->info().scale * (traits_of(family).of_one_size ? info.sample_size : info.side_multiple);
}

ImageModel load_image_model(Context& ctx, const ModelRegistry& registry, const PipelineFolder& folder,
                            const LoadOptions& options, const ImageStreaming& streaming) {
  return load_image_model(ctx, registry, open_parts(folder), options, streaming);
}

ImageModel load_image_model(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts,
                            const LoadOptions& options, const ImageStreaming& streaming) {
  ImageModel model = unloaded_model(parts);
  load_ends(ctx, registry, parts, options, streaming, model);
  load_denoiser(ctx, registry, parts, options, streaming, model);
  check_texts(model, parts.path);
  check_text_widths(model, parts.path);
  check_latents(model, *model.autoencoder, parts.path);
  return model;
}

std::shared_ptr<const ImageModel> load_refiner(Context& ctx, const ModelRegistry& registry,
                                               const ImageModelParts& parts, const LoadOptions& options,
                                               const ImageStreaming& streaming) {
  const auto model = std::make_shared<ImageModel>(unloaded_model(parts));
  load_texts(ctx, registry, parts, options, streaming.ends, *model);
  load_denoiser(ctx, registry, parts, options, {.denoiser = streaming.denoiser || streaming.refiner}, *model);
  check_texts(*model, parts.path);
  check_text_widths(*model, parts.path);
  return model;
}

void load_texts(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts, const LoadOptions& options,
                bool stream, ImageModel& model) {
  LoadOptions of_texts = options;
  of_texts.stream = stream;
  of_texts.linear_type = parts.linear_type;
  for (size_t i = 0; i < parts.texts.size(); ++i) {
    if (!parts.texts[i]) continue;
    const std::string number = i == 0 ? "" : "_" + std::to_string(i + 1);
    LoadOptions text_options = noting(model, "text_encoder" + number, of_texts);
    text_options.layers = parts.texts[i]->layers;
    model.texts[i].encoder = nullptr;  // its memory is free before the new one's is taken
    model.texts[i].window = parts.texts[i]->window;
    model.texts[i].encoder = registry.load_text_encoder(ctx, parts.texts[i]->encoder, text_options);
  }
}

void load_autoencoder(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts,
                      const LoadOptions& options, bool stream, ImageModel& model) {
  LoadOptions of_autoencoder = options;
  of_autoencoder.stream = stream;
  model.autoencoder = nullptr;
  model.autoencoder = registry.load_autoencoder(ctx, parts.autoencoder, of_autoencoder);
}

void load_ends(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts, const LoadOptions& options,
               const ImageStreaming& streaming, ImageModel& model) {
  load_texts(ctx, registry, parts, options, streaming.ends, model);
  load_autoencoder(ctx, registry, parts, options, streaming.ends, model);
}

void load_denoiser(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts,
                   const LoadOptions& options, const ImageStreaming& streaming, ImageModel& model) {
  LoadOptions of_denoiser = options;
  of_denoiser.stream = streaming.denoiser;
  of_denoiser.resident_bytes = streaming.resident_bytes;
  of_denoiser.linear_type = parts.linear_type;
  const LoadOptions noted = noting(model, "denoiser", of_denoiser);
  model.denoiser = nullptr;
  model.denoiser = registry.load_denoiser(ctx, parts.denoiser, noted);
}

void replace_autoencoder(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path,
                         ImageModel& model, const LoadOptions& options) {
  const ModelSource source = with_latent_scale(open_autoencoder(registry, path), model.family);
  auto autoencoder = registry.load_autoencoder(ctx, source, options);
  check_latents(model, *autoencoder, path);
  model.autoencoder = std::move(autoencoder);
}

}  // namespace diptych::diffusion
