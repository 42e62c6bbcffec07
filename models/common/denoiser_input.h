// What every denoiser checks of its input before it computes.
#pragma once

#include "engine/model/denoiser.h"

namespace diptych::models {

// Error (invalid_argument) names the input whose type or shape is not what info says: rows, channels, sides that are
// multiples of side_multiple, the widths of text and pooled text, one timestep per row (and guidance, classes, where
// they are used). `sample_rank`: 5 for video.
void check_denoiser_input(const DenoiserInfo& info, const DenoiserInput& input, int sample_rank = 4);

}  // namespace diptych::models
