#include "kernels/cpu/rope.h"

#include <algorithm>

#include "kernels/cpu/reference/rope.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/rope.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE void turn_halves(const float* x, int pairs, const float* cos, const float* sin, float* y) {
  for_vectors(pairs, [&](int64_t i, int n) HWY_ATTR {
    const VF c = load_some(cos + i, n), s = load_some(sin + i, n);
    const VF first = load_some(x + i, n), second = load_some(x + pairs + i, n);
    store_some(hn::NegMulAdd(second, s, hn::Mul(first, c)), y + i, n);
    store_some(hn::MulAdd(first, s, hn::Mul(second, c)), y + pairs + i, n);
  });
}

HWY_INLINE void turn_neighbours(const float* x, int pairs, const float* cos, const float* sin, float* y) {
  const F32 df;
  int i = 0;
  for (; i + lanes <= pairs; i += lanes) {
    const VF c = hn::LoadU(df, cos + i), s = hn::LoadU(df, sin + i);
    VF first, second;
    hn::LoadInterleaved2(df, x + 2 * i, first, second);
    hn::StoreInterleaved2(hn::NegMulAdd(second, s, hn::Mul(first, c)), hn::MulAdd(first, s, hn::Mul(second, c)), df,
                          y + 2 * i);
  }
  for (; i < pairs; ++i) {
    const float first = x[2 * i], second = x[2 * i + 1];
    y[2 * i] = first * cos[i] - second * sin[i];
    y[2 * i + 1] = second * cos[i] + first * sin[i];
  }
}

void turn_rows(RopeStyle style, const float* x, int64_t x_stride, int heads, int head_dim, int rotary_dim,
               const float* cos, const float* sin, int64_t begin, int64_t end, float* y, int64_t y_stride) {
  const int pairs = rotary_dim / 2;
  for (int64_t row = begin; row < end; ++row) {
    const float *c = cos + row * pairs, *s = sin + row * pairs;
    for (int h = 0; h < heads; ++h) {
      const float* in = x + row * x_stride + h * head_dim;
      float* out = y + row * y_stride + h * head_dim;
      if (style == RopeStyle::half_split) {
        turn_halves(in, pairs, c, s, out);
      } else {
        turn_neighbours(in, pairs, c, s, out);
      }
      if (out != in) std::copy(in + rotary_dim, in + head_dim, out + rotary_dim);
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(turn_rows);

void rope_table(const int32_t* positions, int64_t begin, int64_t end, const float* inverse_frequencies, int rotary_dim,
                float magnitude, float* cos, float* sin) {
  reference::rope_table(positions, begin, end, inverse_frequencies, rotary_dim, magnitude, cos, sin);
}

void axis_rope_table(const float* positions, int64_t position_stride, int64_t begin, int64_t end, double theta,
                     int dims, float* cos, float* sin, int64_t row_stride) {
  reference::axis_rope_table(positions, position_stride, begin, end, theta, dims, cos, sin, row_stride);
}

void rope(RopeStyle style, const float* x, int64_t x_stride, int heads, int head_dim, int rotary_dim, const float* cos,
          const float* sin, int64_t begin, int64_t end, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(turn_rows)
  (style, x, x_stride, heads, head_dim, rotary_dim, cos, sin, begin, end, y, y_stride);
}

}  // namespace diptych::kernels::cpu
#endif
