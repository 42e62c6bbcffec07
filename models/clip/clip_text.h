// CLIP's text encoder (Radford et al. 2021): Stable Diffusion 1.x and 2.x, SDXL, SD3 and FLUX read prompts with it;
// OpenCLIP's bigG differs by its sizes, its activation and the projection of its pooled text.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a Hugging Face folder of CLIPTextModel or CLIPTextModelWithProjection.
std::unique_ptr<TextEncoder> load_clip_text(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
