// The transformer of FLUX.1 (Black Forest Labs 2024): blocks with a stream for text and one for image, then blocks with
// both in one; positions turn heads along the image's axes.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' FluxTransformer2DModel or a GGUF file with the original names. Timesteps are 0 … 1: the
// network itself multiplies them, and the guidance scale, by 1000.
std::unique_ptr<Denoiser> load_flux(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
