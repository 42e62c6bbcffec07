#include "engine/train/image/image_base.h"

#include "engine/core/error.h"
#include "engine/io/library/file_hashes.h"

namespace diptych::train {

ImageBase::ImageBase(Context& ctx, const ModelRegistry& registry, const ModelRef& ref, const LoadOptions& options,
                     const diffusion::ImageStreaming& denoiser)
    : registry_(registry),
      options_(options),
      denoiser_(denoiser),
      parts_(diffusion::open_parts(registry, ref)),
      model_(diffusion::load_image_model(ctx, registry, parts_, options_, {.ends = true, .denoiser = true})) {}

const diffusion::ImageModel& ImageBase::with_encoders(Context& ctx) {
  if (!texts_loaded_) diffusion::load_texts(ctx, registry_, parts_, options_, false, model_);
  texts_loaded_ = true;
  return with_autoencoder(ctx);
}

const diffusion::ImageModel& ImageBase::with_autoencoder(Context& ctx) {
  if (!autoencoder_loaded_) diffusion::load_autoencoder(ctx, registry_, parts_, options_, false, model_);
  autoencoder_loaded_ = true;
  return model_;
}

void ImageBase::release_encoders(Context& ctx) {
  if (texts_loaded_ && !texts_held_) {
    diffusion::load_texts(ctx, registry_, parts_, options_, true, model_);
    texts_loaded_ = false;
  }
  if (autoencoder_loaded_) diffusion::load_autoencoder(ctx, registry_, parts_, options_, true, model_);
  autoencoder_loaded_ = false;
  ctx.arena()->trim();
}

std::vector<ModelPart> ImageBase::hold_text_encoders(Context& ctx) {
  if (!texts_loaded_) diffusion::load_texts(ctx, registry_, parts_, options_, false, model_);
  texts_loaded_ = texts_held_ = true;
  std::vector<ModelPart> held;
  for (const ModelPart& part : model_.adaptable) {
    if (part.component.starts_with("text_encoder")) held.push_back(part);
  }
  return held;
}

std::shared_ptr<WeightTargets> ImageBase::load_denoiser(Context& ctx) {
  diffusion::load_denoiser(ctx, registry_, parts_, options_, denoiser_, model_);
  for (const ModelPart& part : model_.adaptable) {
    if (part.component == "denoiser") return part.targets;
  }
  return nullptr;
}

std::string ImageBase::text_encoders_hash() const {
  std::string hashes;
  for (const auto& text : parts_.texts) {
    hashes += (text ? content_hash(text->encoder.path, {}, options_.cancel) : "none") + "\n";
  }
  return hashes;
}

std::string ImageBase::autoencoder_hash() const {
  return content_hash(parts_.autoencoder.path, {}, options_.cancel);
}

ModelRef image_base_ref(const Recipe& recipe, const std::filesystem::path& path) {
  // Beside the recipe, else a name that the library knows.
  const auto found = [&](const std::string& name) {
    const std::filesystem::path beside = resolved(recipe, name);
    std::error_code error;
    return std::filesystem::exists(beside, error) ? beside : resolve_model(name);
  };
  ModelRef ref;
  ref.path = path;
  if (!recipe.vae.empty()) ref.vae = found(recipe.vae);
  for (const std::string& name : recipe.text_encoders) ref.text_encoders.push_back(found(name));
  if (recipe.loss.prediction == PredictionTarget::epsilon) ref.prediction = "epsilon";
  if (recipe.loss.prediction == PredictionTarget::v) ref.prediction = "v_prediction";
  return ref;
}

}  // namespace diptych::train
