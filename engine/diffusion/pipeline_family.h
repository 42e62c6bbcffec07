// Which family a pipeline belongs to, and what the family's published configurations say where a checkpoint says
// nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/image_family.h"

namespace diptych::diffusion {

// Error (unsupported) lists the pipelines that are known; `path` is for the message.
ImageFamily family_of_pipeline(const std::string& pipeline, const std::string& path);

// scheduler_config.json of the family's published models; `prediction`: "" or as diffusers names it.
std::string usual_scheduler(ImageFamily family, bool distilled_guidance, const std::string& prediction,
                            bool zero_terminal_snr);

struct LatentScale {
  double scaling_factor = 1, shift_factor = 0;
};
LatentScale usual_latent_scale(ImageFamily family);

}  // namespace diptych::diffusion
