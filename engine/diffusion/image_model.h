// What an image is made with: text encoders, denoiser, autoencoder and scheduler configuration of one pipeline.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/diffusion/image_family.h"
#include "engine/diffusion/image_parts.h"
#include "engine/diffusion/solvers/scheduler_config.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/model/adapters.h"
#include "engine/model/registry.h"
#include "engine/text/text_window.h"

namespace diptych::diffusion {

struct TextPart {
  std::unique_ptr<TextEncoder> encoder;  // null: the pipeline was saved without it
  TextWindow window;
  // Of textual inversions: vectors behind those of the vocabulary, and the tokenizer that does not know their words.
  Tensor embeddings = {};                          // [n, hidden], or empty
  std::map<int32_t, int64_t> embedding_runs = {};  // a word's first id, and its number of vectors
  std::shared_ptr<const Tokenizer> plain_tokenizer = nullptr;
};

struct ImageModel {
  std::string pipeline;  // diffusers' class
  ImageFamily family = ImageFamily::stable_diffusion;
  std::vector<TextPart> texts;  // in the pipeline's order
  std::unique_ptr<Denoiser> denoiser;
  std::unique_ptr<ImageAutoencoder> autoencoder;
  SchedulerConfig scheduler;
  std::vector<ModelPart> adaptable;     // what adapters may change, see image_adapters.h
  bool zeros_without_negative = false;  // SDXL: no negative prompt is a condition of zeros, not an empty text

  int64_t latent_channels() const { return autoencoder->info().latent_channels; }
  int64_t side_multiple() const;  // of pixels
};

// Which components stay in their files, to be read when they are used (LoadOptions::stream).
struct ImageStreaming {
  bool ends = false;  // text encoders and autoencoder
  bool denoiser = false;
  int64_t resident_bytes = 0;  // of the denoiser
  bool refiner = false;        // the denoiser of a second stage (refiner.h)
};

// Error as the loaders of the components; unsupported (a pipeline that is not known) lists those that are.
ImageModel load_image_model(Context& ctx, const ModelRegistry& registry, const PipelineFolder& folder,
                            const LoadOptions& options = {}, const ImageStreaming& streaming = {});

ImageModel load_image_model(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts,
                            const LoadOptions& options = {}, const ImageStreaming& streaming = {});

// Text encoders, autoencoder, both, or the denoiser, once more in place of the model's own: streamed where they were
// not, or the other way. Error as load_image_model.
void load_texts(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts, const LoadOptions& options,
                bool stream, ImageModel& model);
void load_autoencoder(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts,
                      const LoadOptions& options, bool stream, ImageModel& model);
void load_ends(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts, const LoadOptions& options,
               const ImageStreaming& streaming, ImageModel& model);
void load_denoiser(Context& ctx, const ModelRegistry& registry, const ImageModelParts& parts,
                   const LoadOptions& options, const ImageStreaming& streaming, ImageModel& model);

// Takes another autoencoder, see open_autoencoder. Error as load_image_model; the model stays as it is.
void replace_autoencoder(Context& ctx, const ModelRegistry& registry, const std::filesystem::path& path,
                         ImageModel& model, const LoadOptions& options = {});

}  // namespace diptych::diffusion
