// Kernels of convolutions are stored as [out, channels, y, x] and computed with as [out, y, x, channels].
#pragma once

#include "engine/core/context.h"
#include "engine/ops/conv.h"

namespace diptych::train {

// values [rows, taps * channels] as computed with -> [rows, channels * taps] as stored, a copy; f32.
Tensor as_stored(Context& ctx, const ConvShape& kernel, const Tensor& values);

}  // namespace diptych::train
