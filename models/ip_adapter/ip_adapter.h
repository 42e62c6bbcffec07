// IP-Adapter (Ye et al. 2023): keys and values of pictures for each cross attention of a UNet, in the forms
// "IP-Adapter", "Plus" and "Full", for Stable Diffusion and SDXL.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a safetensors file with image_proj.* and ip_adapter.*, as published. Error (unsupported): the FaceID forms,
// which read no CLIP.
std::unique_ptr<ImagePromptModel> load_ip_adapter(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
