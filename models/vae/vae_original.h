// AutoencoderKL as its authors name it (github.com/CompVis/latent-diffusion, diffusionmodules/model.py): checkpoints
// of one file.
#pragma once

#include <memory>
#include <string>

#include "engine/model/model_source.h"

namespace diptych::models {

bool holds_vae_original(const WeightFile& file, const std::string& prefix);

// Under diffusers' names, with the configuration that the weights tell; by how much latents are scaled is the
// pipeline's to say. Error: invalid_file (a weight that tells a size is missing).
ModelSource vae_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

}  // namespace diptych::models
