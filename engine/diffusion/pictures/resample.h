// Planes of floats in another size, pictures or latents, by the usual windowed filters (Turkowski 1990).
#pragma once

#include <string>
#include <string_view>

#include "engine/core/context.h"

namespace diptych::diffusion {

enum class ResampleFilter {
  bilinear,
  bicubic,  // Catmull & Rom 1974
  lanczos,  // three lobes
};

// x f32 [rows, channels, h, w] -> [rows, channels, height, width]. Where it shrinks the filter is widened, so that
// nothing folds over; at the edges the weights inside are set to sum 1.
Tensor resampled(Context& ctx, const Tensor& x, int64_t height, int64_t width, ResampleFilter filter);

}  // namespace diptych::diffusion
