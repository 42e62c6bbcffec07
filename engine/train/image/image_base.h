// The image model that is fine-tuned. Its encoders are in memory only while something is encoded: as long as they are
// not, and the denoiser until it is asked for, weights stay in their files (ImageStreaming).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/io/library/model_ref.h"
#include "engine/model/registry.h"
#include "engine/train/data/recipe.h"

namespace diptych::train {

class ImageBase {
 public:
  // Reads headers and small weights; `denoiser`: whether it, too, will stay in its file, and how much of it not.
  // `registry` must outlive this. Error as open_parts and load_image_model.
  ImageBase(Context& ctx, const ModelRegistry& registry, const ModelRef& ref, const LoadOptions& options = {},
            const diffusion::ImageStreaming& denoiser = {});

  const diffusion::ImageModel& model() const { return model_; }
  const diffusion::ImageModelParts& parts() const { return parts_; }
  const ImageAutoencoderInfo& autoencoder() const { return model_.autoencoder->info(); }

  // The model with its encoders, or its autoencoder alone, in memory until they are released.
  const diffusion::ImageModel& with_encoders(Context& ctx);
  const diffusion::ImageModel& with_autoencoder(Context& ctx);
  void release_encoders(Context& ctx);

  // The text encoders in memory from now on, released or not, as something of them is trained: what their loading
  // noted ("text_encoder", "text_encoder_2", …, those that the base has).
  std::vector<ModelPart> hold_text_encoders(Context& ctx);
  // What textual inversion changes of them.
  std::vector<diffusion::TextPart>& texts() { return model_.texts; }

  int64_t sampling_peak_bytes = 0;  // of pictures that were made of it, which count the arena's peak anew

  // The denoiser as it will be used, its weights noted for training.
  std::shared_ptr<WeightTargets> load_denoiser(Context& ctx);

  // What encodings depend on: hashes of the files, which are remembered between runs.
  std::string text_encoders_hash() const;
  std::string autoencoder_hash() const;

 private:
  const ModelRegistry& registry_;
  LoadOptions options_;
  diffusion::ImageStreaming denoiser_;
  diffusion::ImageModelParts parts_;
  diffusion::ImageModel model_;
  bool texts_loaded_ = false, autoencoder_loaded_ = false;
  bool texts_held_ = false;
};

// The base at `path` with what the recipe says beside it: where its other parts come from, and what it predicts.
ModelRef image_base_ref(const Recipe& recipe, const std::filesystem::path& path);

}  // namespace diptych::train
