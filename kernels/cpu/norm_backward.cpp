#include "kernels/cpu/norm_backward.h"

#include <cmath>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norm_backward.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE float lane_sum(VF v) {
  return hn::GetLane(hn::SumOfLanes(F32(), v));
}

// The gradient of what the weight multiplies.
HWY_INLINE VF weighted(const NormBackward& norm, const float* dy, int64_t i, int n) {
  const VF gradient = load_some(dy + i, n);
  if (norm.weight == nullptr) return gradient;
  return hn::Mul(gradient, hn::Add(load_some(norm.weight + i, n), hn::Set(F32(), norm.weight_offset)));
}

// y = x r w with r = 1 / sqrt(mean(x^2) + eps): dx = r (w dy) - x r^3 mean(x w dy)
void rms_rows(const NormBackward& norm, int64_t begin, int64_t end) {
  const F32 df;
  const auto count = static_cast<float>(norm.cols);
  for (int64_t row = begin; row < end; ++row) {
    const float *x = norm.x + row * norm.x_stride, *dy = norm.dy + row * norm.dy_stride;
    VF squares = hn::Zero(df), product = hn::Zero(df);
    for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR {
      const VF value = load_some(x + i, n);
      squares = hn::MulAdd(value, value, squares);
      product = hn::MulAdd(value, weighted(norm, dy, i, n), product);
    });
    const float r = 1.0f / std::sqrt(lane_sum(squares) / count + norm.eps);
    const VF inverse = hn::Set(df, r), pull = hn::Set(df, r * r * r * lane_sum(product) / count);
    if (norm.dx != nullptr) {
      float* dx = norm.dx + row * norm.dx_stride;
      for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR {
        const VF along = hn::MulAdd(weighted(norm, dy, i, n), inverse, load_some(dx + i, n));
        store_some(hn::NegMulAdd(load_some(x + i, n), pull, along), dx + i, n);
      });
    }
    if (norm.dweight != nullptr) {
      for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR {
        const VF normed = hn::Mul(load_some(x + i, n), inverse);
        store_some(hn::MulAdd(normed, load_some(dy + i, n), load_some(norm.dweight + i, n)), norm.dweight + i, n);
      });
    }
  }
}

// y = z w + b with z = (x - mean(x)) r: dx = r (g - mean(g) - z mean(g z)), g = w dy
void layer_rows(const NormBackward& norm, int64_t begin, int64_t end) {
  const F32 df;
  const auto count = static_cast<float>(norm.cols);
  for (int64_t row = begin; row < end; ++row) {
    const float *x = norm.x + row * norm.x_stride, *dy = norm.dy + row * norm.dy_stride;
    VF sum = hn::Zero(df);
    for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR { sum = hn::Add(sum, load_some(x + i, n)); });
    const VF mean = hn::Set(df, lane_sum(sum) / count);
    VF squares = hn::Zero(df), slope = hn::Zero(df), product = hn::Zero(df);
    for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR {
      VF away = hn::Sub(load_some(x + i, n), mean);
      if (n < lanes) away = hn::IfThenElseZero(hn::FirstN(df, static_cast<size_t>(n)), away);
      const VF gradient = weighted(norm, dy, i, n);
      squares = hn::MulAdd(away, away, squares);
      slope = hn::Add(slope, gradient);
      product = hn::MulAdd(away, gradient, product);
    });
    const float r = 1.0f / std::sqrt(lane_sum(squares) / count + norm.eps);
    const VF inverse = hn::Set(df, r), level = hn::Set(df, lane_sum(slope) / count),
             pull = hn::Set(df, r * r * lane_sum(product) / count);
    if (norm.dx != nullptr) {
      float* dx = norm.dx + row * norm.dx_stride;
      for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR {
        const VF along = hn::Sub(weighted(norm, dy, i, n), level);
        const VF straight = hn::NegMulAdd(hn::Sub(load_some(x + i, n), mean), pull, along);
        store_some(hn::MulAdd(straight, inverse, load_some(dx + i, n)), dx + i, n);
      });
    }
    if (norm.dweight != nullptr) {
      for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR {
        const VF normed = hn::Mul(hn::Sub(load_some(x + i, n), mean), inverse);
        store_some(hn::MulAdd(normed, load_some(dy + i, n), load_some(norm.dweight + i, n)), norm.dweight + i, n);
      });
    }
    if (norm.dbias != nullptr) {
      for_vectors(norm.cols, [&](int64_t i, int n) HWY_ATTR {
        store_some(hn::Add(load_some(norm.dbias + i, n), load_some(dy + i, n)), norm.dbias + i, n);
      });
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(rms_rows);
HWY_EXPORT(layer_rows);

void rms_norm_backward(const NormBackward& norm, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(rms_rows)(norm, begin, end);
}

void layer_norm_backward(const NormBackward& norm, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(layer_rows)(norm, begin, end);
}

}  // namespace diptych::kernels::cpu
#endif
