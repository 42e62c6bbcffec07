// What the host asks of image models: one interface over the engine's pipelines, so that the host's own behaviour can
// be tested without weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/api/image.h"
#include "engine/core/arena.h"
#include "engine/core/cancel.h"
#include "engine/core/cost.h"
#include "engine/diffusion/image_adapters.h"
#include "engine/io/images/image.h"

namespace diptych::host {

// What a run's weights come from: a model, and what is taken in place of its parts. No model: pictures are enlarged
// alone.
struct ImageModelFiles {
  std::filesystem::path model, vae;
  std::vector<std::filesystem::path> text_encoders;
  std::string prediction, quantize;
  bool low_memory = false;  // weights stay in their files and are read when they are used

  bool operator==(const ImageModelFiles&) const = default;
};

// One run: `count` of the settings is not looked at, their seed is that of the first image.
struct ImageRunRequest {
  api::ImageSettings settings;
  std::map<std::string, Image8> pictures;              // that the settings name
  std::map<std::string, std::filesystem::path> files;  // that they name (side_models.h)
  CancelToken cancel;
};

struct ImageRunStep {
  const char* phase = "text";  // "enlarging", "text", "denoising", "decoding"
  int step = 0, steps = 0;     // model evaluations done, and of the whole run; of enlarging the tiles
  std::span<const float> latents =
      {};  // of the first image, [channels, height, width]; empty but in steps of denoising
  int64_t channels = 0, height = 0, width = 0;
  std::span<const float> preview_map = {};  // [3, channels + 1], see diffusion/preview.h; empty: not known
};

struct ImageRunHooks {
  std::function<void(const ImageRunStep&)> step;
  // Between any two ops: other work of the device may be done; the seconds it took are no time of the run's.
  std::function<double()> between;
  std::function<void(const Cost&)> computed;  // what was declared since the last call
};

struct ImagePart {
  double seconds = 0;
  Cost cost;
};

struct ImageRunResult {
  api::ImageSettings settings;  // completed: size, steps, guidance
  std::vector<Image8> images;
  std::vector<diffusion::ChosenAdapter> adapters;  // that the model had on: those chosen and those of the prompt
  std::vector<std::filesystem::path> embeddings;   // the same of words
  ImagePart enlarging, text, denoising, decoding;
  int evaluations = 0;
  int64_t peak_bytes = 0;
};

class LoadedImageModel {
 public:
  virtual ~LoadedImageModel() = default;
  // On the device's thread. Error: cancelled, invalid_argument (sizes), unsupported (a setting that names it) …
  virtual ImageRunResult run(const ImageRunRequest& request, const ImageRunHooks& hooks) = 0;
  virtual MemoryUse memory() const = 0;  // any thread
};

struct ImageDescription {
  std::string name, family, quantization;
  int64_t size_bytes = 0, parameters = 0;
};

struct ImagePrediction {
  api::ImageSettings settings;  // completed
  int64_t memory_bytes = 0;
  std::vector<api::OwnerMemory> owners;       // at the peak
  Cost enlarging, text, denoising, decoding;  // of a whole run
  int evaluations = 0;
};

class ImageLoader {
 public:
  virtual ~ImageLoader() = default;
  virtual bool handles(const std::filesystem::path& path) const = 0;

  // Headers only, as libraries may have hundreds; any thread. Error: not_found, invalid_file, unsupported.
  virtual ImageDescription describe(const std::filesystem::path& path) const = 0;
  // The catalogue's model without which this one is not readable; empty: there is none. Error as describe().
  virtual std::string needs(const std::filesystem::path& path) const = 0;
  virtual api::ImageModelInfo info(const ImageModelFiles& files) const = 0;
  // Of pictures only the sizes are looked at. Errors as run().
  virtual ImagePrediction predict(const ImageModelFiles& files, const ImageRunRequest& request) const = 0;
  virtual std::vector<api::PromptTokens> count_tokens(const ImageModelFiles& files,
                                                      const api::ImageSettings& settings) const = 0;
  // On the device's thread.
  virtual std::unique_ptr<LoadedImageModel> load(const ImageModelFiles& files,
                                                 const std::function<void(double)>& progress,
                                                 const CancelToken& cancel) const = 0;
};

}  // namespace diptych::host
