// The UNet of Stable Diffusion as its authors name it (github.com/CompVis/latent-diffusion, openaimodel.py;
// github.com/Stability-AI/generative-models): checkpoints of one file, and GGUF files made of them.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/model/model_source.h"
#include "models/common/renamed_weights.h"

namespace diptych::models {

bool holds_unet_original(const WeightFile& file, const std::string& prefix);

// Under diffusers' names, with the configuration that the weights tell. How wide heads are is not in them: 64 where
// projections are matrices (2.x, SDXL), an eighth of the channels where they are convolutions (1.x). `sample_size`
// stays unsaid. Error: invalid_file (a weight that tells a size is missing), unsupported.
ModelSource unet_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

// The same of a copy of its way down and its middle, as ControlNets have it; `more` are names that the file has beside
// these, `config` what config.json says beside the sizes of the UNet.
ModelSource unet_encoder_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix,
                                  const RenamedLayers& more, const nlohmann::json& config);

}  // namespace diptych::models
