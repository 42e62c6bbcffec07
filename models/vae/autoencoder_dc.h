// AutoencoderDC (DC-AE: Chen et al. 2024): the deep autoencoder of Sana, 32 pixels of a side per latent.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a diffusers folder.
std::unique_ptr<ImageAutoencoder> load_autoencoder_dc(Context& ctx, const ModelSource& source,
                                                      const LoadOptions& options);

}  // namespace diptych::models
