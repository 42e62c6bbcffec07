// Matrices that each meet their own part of the channels: a convolution of single pixels in groups.
#pragma once

#include "engine/ops/linear.h"

namespace diptych {

// x [tokens, blocks * cols] f32 -> [tokens, rows]: block i of the layer multiplies columns [i * cols, (i + 1) * cols),
// and the results stand side by side.
Tensor grouped_linear(Context& ctx, const Tensor& x, const Linear& layer);

}  // namespace diptych
