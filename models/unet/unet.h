// UNet2DConditionModel: the denoiser of Stable Diffusion 1 and 2, their inpainting forms and SDXL (Ronneberger et al.
// 2015; Ho et al. 2020; Rombach et al. 2022; Podell et al. 2023).
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a diffusers folder.
std::unique_ptr<Denoiser> load_unet(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
