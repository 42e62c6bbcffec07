// AutoencoderTiny (TAESD, Bohan 2023): a small autoencoder for previews.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a diffusers folder.
std::unique_ptr<ImageAutoencoder> load_autoencoder_tiny(Context& ctx, const ModelSource& source,
                                                        const LoadOptions& options);

}  // namespace diptych::models
