// The parts of an image model that one file holds, found by the names and shapes of its weights.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/model_source.h"

namespace diptych {

struct Checkpoint {
  std::filesystem::path path;
  // diffusers' class of the pipeline that the denoiser belongs to ("StableDiffusionXLPipeline"); empty: there is none.
  std::string pipeline;
  std::optional<ModelSource> denoiser, autoencoder, control;
  // Under their loaders' names, each with a configuration. CLIP's say "pad_token_id".
  std::vector<ModelSource> text_encoders;
  // Where the file tells what the denoiser predicts: "epsilon" or "v_prediction".
  std::string prediction;
  bool zero_terminal_snr = false;

  bool empty() const { return !denoiser && !autoencoder && !control && text_encoders.empty(); }
};

// Error: not_found, io, invalid_file, unsupported (a pickle, weights that no part is known by).
using CheckpointReader = std::function<Checkpoint(const std::filesystem::path& path)>;

}  // namespace diptych
