// ControlNetModel: a copy of a UNet's way down that also sees a picture, and gives what it finds through convolutions
// of single pixels (Zhang et al. 2023), for Stable Diffusion 1, 2 and SDXL.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a diffusers folder.
std::unique_ptr<ControlModel> load_controlnet(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
