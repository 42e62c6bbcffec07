// Between pixels and channels, of images with their channels innermost: torch's pixel_shuffle and pixel_unshuffle
// (Shi et al. 2016), and the shortcuts around them that have no weights (DC-AE: Chen et al. 2024).
#pragma once

#include <cstdint>

#include "engine/core/context.h"

namespace diptych {

// x [rows, height, width, channels], each channel taken `repeats` times, one behind the other
//   -> [rows, side * height, side * width, channels * repeats / side^2]: channel c of the pixel at (y, x) within a
//   block
// is channel (c * side + y) * side + x of what the block is made of.
Tensor pixel_shuffle(Context& ctx, const Tensor& x, int64_t side, int64_t repeats = 1);

// The inverse: x [rows, height, width, channels] -> [rows, height / side, width / side, channels * side^2 / group],
// each value the mean of `group` neighbouring channels.
Tensor pixel_unshuffle(Context& ctx, const Tensor& x, int64_t side, int64_t group = 1);

}  // namespace diptych
