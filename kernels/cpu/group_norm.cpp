#include "kernels/cpu/group_norm.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/group_norm.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// kVectors vectors of channels from `x` on: enough independent sums to hide the latency of an addition.
template <int kVectors>
HWY_INLINE void moments_of_vectors(const float* x, int64_t pixels, int64_t channels, float* mean, float* squares) {
  const F32 df;
  VF sum[kVectors], average[kVectors];
  DIPTYCH_UNROLL
  for (int v = 0; v < kVectors; ++v) sum[v] = hn::Zero(df);
  for (int64_t p = 0; p < pixels; ++p) {
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Add(sum[v], hn::LoadU(df, x + p * channels + v * lanes));
  }
  const VF count = constant(static_cast<float>(pixels));
  DIPTYCH_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    average[v] = hn::Div(sum[v], count);
    hn::StoreU(average[v], df, mean + v * lanes);
    sum[v] = hn::Zero(df);
  }
  for (int64_t p = 0; p < pixels; ++p) {
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const VF away = hn::Sub(hn::LoadU(df, x + p * channels + v * lanes), average[v]);
      sum[v] = hn::MulAdd(away, away, sum[v]);
    }
  }
  DIPTYCH_UNROLL
  for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[v], df, squares + v * lanes);
}

void moments_of_channels(const float* x, int64_t pixels, int64_t channels, float* mean, float* squares) {
  int64_t c = 0;
  for (; c + 4 * lanes <= channels; c += 4 * lanes) {
    moments_of_vectors<4>(x + c, pixels, channels, mean + c, squares + c);
  }
  for (; c + lanes <= channels; c += lanes) moments_of_vectors<1>(x + c, pixels, channels, mean + c, squares + c);
  for (; c < channels; ++c) {
    float sum = 0;
    for (int64_t p = 0; p < pixels; ++p) sum += x[p * channels + c];
    mean[c] = sum / static_cast<float>(pixels);
    squares[c] = 0;
    for (int64_t p = 0; p < pixels; ++p) {
      const float away = x[p * channels + c] - mean[c];
      squares[c] = std::fma(away, away, squares[c]);
    }
  }
}

template <bool kSilu>
HWY_INLINE void scale_pixels(const float* x, int64_t pixels, int64_t channels, const float* scale, const float* offset,
                             float* y) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, y += channels) {
    for_vectors(channels, [&](int64_t c, int n) HWY_ATTR {
      VF v = hn::MulAdd(load_some(x + c, n), load_some(scale + c, n), load_some(offset + c, n));
      if constexpr (kSilu) v = hn::Mul(v, sigmoid(v));
      store_some(v, y + c, n);
    });
  }
}

void scale_all(const float* x, int64_t pixels, int64_t channels, const float* scale, const float* offset, bool silu,
               float* y) {
  if (silu) {
    scale_pixels<true>(x, pixels, channels, scale, offset, y);
  } else {
    scale_pixels<false>(x, pixels, channels, scale, offset, y);
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(moments_of_channels);
HWY_EXPORT(scale_all);

void channel_moments(const float* x, int64_t pixels, int64_t channels, float* mean, float* squares) {
  HWY_DYNAMIC_DISPATCH(moments_of_channels)(x, pixels, channels, mean, squares);
}

void scale_channels(const float* x, int64_t pixels, int64_t channels, const float* scale, const float* offset,
                    bool silu, float* y) {
  HWY_DYNAMIC_DISPATCH(scale_all)(x, pixels, channels, scale, offset, silu, y);
}

void group_norm_factors(const GroupNormParams& params, const float* moments, int64_t begin, int64_t end, float* scale,
                        float* offset) {
  const int64_t channels = params.channels, size = channels / params.groups;
  for (int64_t group = begin; group < end; ++group) {
    const int64_t first = group * size;
    // Calls visit(pixels, mean, squares) for every chunk of every channel.
    const auto for_moments = [&](const auto& visit) {
      const float* mean = moments;
      for (int64_t p = 0; p < params.pixels; p += params.chunk, mean += 2 * channels) {
        const auto count = static_cast<double>(std::min(params.chunk, params.pixels - p));
        for (int64_t c = first; c < first + size; ++c) {
          const double shift = params.shift != nullptr ? static_cast<double>(params.shift[c]) : 0;
          visit(count, static_cast<double>(mean[c]) + shift, static_cast<double>(mean[channels + c]));
        }
      }
    };
    const auto values = static_cast<double>(params.pixels * size);
    double mean = 0, squares = 0;
    for_moments([&](double count, double part, double) { mean += count * part; });
    mean /= values;
    for_moments(
        [&](double count, double part, double around) { squares += around + count * (part - mean) * (part - mean); });
    const double factor = 1 / std::sqrt(squares / values + static_cast<double>(params.eps));
    for (int64_t c = first; c < first + size; ++c) {
      const double shift = params.shift != nullptr ? static_cast<double>(params.shift[c]) : 0;
      const double by = factor * static_cast<double>(params.weight[c]);
      scale[c] = static_cast<float>(by);
      offset[c] = static_cast<float>((shift - mean) * by + static_cast<double>(params.bias[c]));
    }
  }
}

}  // namespace diptych::kernels::cpu
#endif
