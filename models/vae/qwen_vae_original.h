// The autoencoder of Wan 2.1 and Qwen-Image as Wan's authors name it (github.com/Wan-Video/Wan2.1, vae.py): the file
// that ComfyUI keeps beside Qwen-Image.
#pragma once

#include <memory>
#include <string>

#include "engine/model/model_source.h"

namespace diptych::models {

bool holds_qwen_vae_original(const WeightFile& file, const std::string& prefix);

// Under diffusers' names, with the configuration that the weights tell; the statistics of latents are the published
// ones. Error: invalid_file; unsupported (another number of latent channels, whose statistics are not known).
ModelSource qwen_vae_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

}  // namespace diptych::models
