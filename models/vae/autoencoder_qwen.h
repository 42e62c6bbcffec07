// Qwen-Image's autoencoder (Wu et al. 2025): Wan's causal network for video (Wan et al. 2025), which a single image
// passes as one of two dimensions. After diffusers' AutoencoderKLQwenImage.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a diffusers folder.
std::unique_ptr<ImageAutoencoder> load_autoencoder_qwen(Context& ctx, const ModelSource& source,
                                                        const LoadOptions& options);

}  // namespace diptych::models
