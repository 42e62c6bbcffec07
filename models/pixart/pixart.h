// PixArt alpha (Chen et al. 2023) and sigma (Chen et al. 2024): a DiT that reads a text by cross-attention.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' PixArtTransformer2DModel.
std::unique_ptr<Denoiser> load_pixart(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
