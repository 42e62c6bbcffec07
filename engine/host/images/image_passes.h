// One request of the host on an image model of the engine, on the computing device or on meta: what is applied to the
// model before, and one pass or two.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise/noise_streams.h"
#include "engine/host/images/image_request.h"
#include "engine/model/image_upscaler.h"

namespace diptych::host {

using UpscalerLoader = std::function<std::unique_ptr<ImageUpscaler>(Context& ctx, const std::filesystem::path& path)>;

// What a loaded model was given beside its own weights; applied again only where it changes.
struct AppliedFiles {
  // None: not known, they are put on whatever it has.
  std::optional<std::vector<diffusion::ChosenAdapter>> adapters = std::vector<diffusion::ChosenAdapter>();
  std::vector<std::filesystem::path> embeddings;
};

// Adapters and embeddings that were chosen, and those that the prompts name.
void apply_files(Context& ctx, diffusion::ImageModel& model, const PreparedImages& prepared,
                 const std::filesystem::path& model_path, AppliedFiles& applied);

struct PassListeners {
  diffusion::ImageStepListener step = {};
  diffusion::TileListener enlarging = {};
};

diffusion::ImageResult run_passes(Context& ctx, const diffusion::ImageModel& model, const PreparedImages& prepared,
                                  diffusion::NoiseKind kind, uint64_t seed, const UpscalerLoader& load_upscaler,
                                  const PassListeners& listeners);

// A picture enlarged alone, without an image model.
diffusion::ImageResult run_enlargement(Context& ctx, const PreparedUpscale& upscale,
                                       const UpscalerLoader& load_upscaler, const diffusion::TileListener& listener);

std::vector<api::OwnerMemory> owners_of(const MemoryUse& use);  // at the peak

// One of the result's, in 8 bits.
Image8 picture_at(const Tensor& images, int64_t row);

}  // namespace diptych::host
