// Variations of a seed's image: its initial noise with some of another seed's mixed in, on the arc between them.
#pragma once

#include <cstdint>
#include <span>

#include "engine/diffusion/noise/noise_streams.h"

namespace diptych::diffusion {

struct Variation {
  NoiseKind kind = NoiseKind::philox;
  uint64_t seed = 0;    // of the first image; the others take those that follow
  double strength = 0;  // 0: none of it, 1: nothing else
};

// `noise` and `other` [planes, height, width] of one image. The arc is taken along each column of a plane, and the
// chord where the columns are nearly parallel: as A1111's web UI does it, so that its variations are repeated.
void mix_noise(std::span<float> noise, std::span<const float> other, int64_t height, int64_t width, double strength);

}  // namespace diptych::diffusion
