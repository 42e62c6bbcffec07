// CLIP's image encoder (Radford et al. 2021): what IP-Adapters know of a picture.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a Hugging Face folder of CLIPVisionModel or CLIPVisionModelWithProjection.
std::unique_ptr<ImageEncoder> load_clip_vision(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
