// The transformer of Stable Diffusion 3 (Esser et al. 2024) and 3.5, whose first layers let the image attend to itself
// as well.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' SD3Transformer2DModel or a GGUF file with the original names.
std::unique_ptr<Denoiser> load_sd3(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
