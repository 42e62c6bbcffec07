// Sines and cosines of a time, size or guidance: how image models read numbers (Ho et al. 2020; Vaswani et al. 2017).
#pragma once

#include <span>

#include "engine/core/context.h"

namespace diptych::models {

struct TimestepEmbedding {
  int64_t channels = 0;       // odd: the last one is zero
  bool cosines_first = true;  // diffusers' flip_sin_to_cos
  float frequency_shift = 0;  // downscale_freq_shift
  float scale = 1;            // of the angles
  float max_period = 10000;
};

// values [n] -> [n, channels]; f32 as the reference computes it.
Tensor timestep_embedding(Context& ctx, std::span<const float> values, const TimestepEmbedding& form);

}  // namespace diptych::models
