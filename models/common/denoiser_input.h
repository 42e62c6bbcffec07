// What every denoiser asks of its input before it computes.
#pragma once

#include "engine/model/denoiser.h"

namespace diptych::models {

// Error (invalid_argument) where a shape is not what the info says: sample, timesteps, and what the info says is used:
// text, pooled text, classes, guidance. `sample_rank`: 4, of video 5.
void check_denoiser_input(const DenoiserInfo& info, const DenoiserInput& input, int sample_rank = 4);

}  // namespace diptych::models
