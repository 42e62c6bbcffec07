#include "engine/train/adapters/kernel_order.h"

namespace diptych::train {

Tensor as_stored(Context& ctx, const ConvShape& kernel, const Tensor& values) {
  const int64_t taps = kernel.taps(), channels = values.dim(1) / taps;
  Tensor turned = ctx.output(values.shape(), DType::f32, Owner::workspace);
  if (ctx.is_meta()) return turned;
  ctx.pool().parallel_for(values.dim(0), 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* from = values.data<float>() + row * taps * channels;
      float* to = turned.data<float>() + row * taps * channels;
      for (int64_t tap = 0; tap < taps; ++tap) {
        for (int64_t c = 0; c < channels; ++c) to[c * taps + tap] = from[tap * channels + c];
      }
    }
  });
  return turned;
}

}  // namespace diptych::train
