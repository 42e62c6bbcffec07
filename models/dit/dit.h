// DiT (Peebles & Xie 2023): images of a class.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' DiTTransformer2DModel.
std::unique_ptr<Denoiser> load_dit(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
