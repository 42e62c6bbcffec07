// The transformer of Z-Image (Z-Image team 2025): text and image, each refined by blocks of its own, then read as one
// sequence (as Lumina-Image 2.0, Qin et al. 2025).
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' ZImageTransformer2DModel. Timesteps are 1 - sigma, and the result points from noise to
// image: pipelines negate it. Images are computed one after the other, as their texts may differ in length.
std::unique_ptr<Denoiser> load_z_image(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
