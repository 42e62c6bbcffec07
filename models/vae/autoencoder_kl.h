// AutoencoderKL: the autoencoder of Stable Diffusion, SDXL, SD3 and FLUX (Rombach et al. 2022).
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a diffusers folder.
std::unique_ptr<ImageAutoencoder> load_autoencoder_kl(Context& ctx, const ModelSource& source,
                                                      const LoadOptions& options);

}  // namespace diptych::models
