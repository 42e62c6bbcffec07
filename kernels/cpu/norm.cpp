#include "kernels/cpu/norm.h"

#include <cmath>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norm.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// Even and odd vectors are summed apart: two chains.
HWY_INLINE float inverse_rms(const float* x, int64_t cols, float eps) {
  const F32 df;
  VF even = hn::Zero(df), odd = hn::Zero(df);
  for_vectors(cols, [&](int64_t i, int n) HWY_ATTR {
    const VF v = load_some(x + i, n);
    VF& sum = i / lanes % 2 == 0 ? even : odd;
    sum = hn::MulAdd(v, v, sum);
  });
  const float squares = hn::GetLane(hn::SumOfLanes(df, hn::Add(even, odd)));
  return 1.0f / std::sqrt(squares / static_cast<float>(cols) + eps);
}

HWY_INLINE void norm_row(const float* x, const float* weight, float weight_offset, float eps, int64_t cols, float* y) {
  const F32 df;
  const VF factor = hn::Set(df, inverse_rms(x, cols, eps)), offset = hn::Set(df, weight_offset);
  for_vectors(cols, [&](int64_t i, int n) HWY_ATTR {
    const VF w = hn::Add(load_some(weight + i, n), offset);
    store_some(hn::Mul(hn::Mul(load_some(x + i, n), factor), w), y + i, n);
  });
}

void norm_rows(const float* x, int64_t x_stride, const float* weight, float weight_offset, float eps, int64_t cols,
               int64_t begin, int64_t end, float* y, int64_t y_stride) {
  for (int64_t r = begin; r < end; ++r) {
    norm_row(x + r * x_stride, weight, weight_offset, eps, cols, y + r * y_stride);
  }
}

void add_norm_rows(const float* x, int64_t x_stride, const float* y, int64_t y_stride, const float* weight,
                   float weight_offset, float eps, int64_t cols, int64_t begin, int64_t end, float* sum,
                   int64_t sum_stride, float* normed, int64_t normed_stride) {
  for (int64_t r = begin; r < end; ++r) {
    const float *a = x + r * x_stride, *b = y + r * y_stride;
    float* s = sum + r * sum_stride;
    for_vectors(cols, [&](int64_t i, int n)
                          HWY_ATTR { store_some(hn::Add(load_some(a + i, n), load_some(b + i, n)), s + i, n); });
    norm_row(s, weight, weight_offset, eps, cols, normed + r * normed_stride);
  }
}

// The sum over a row of function(vector), places beyond its end as zeros. Even and odd vectors are summed apart.
template <typename Function>
HWY_INLINE float sum_of_row(const float* x, int64_t cols, const Function& function) {
  const F32 df;
  VF even = hn::Zero(df), odd = hn::Zero(df);
  for_vectors(cols, [&](int64_t i, int n) HWY_ATTR {
    VF& sum = i / lanes % 2 == 0 ? even : odd;
    sum = hn::Add(sum, function(load_some(x + i, n), n));
  });
  return hn::GetLane(hn::SumOfLanes(df, hn::Add(even, odd)));
}

// Hands finish(i, n, vector) the vectors of a row, centred and divided by their deviation.
template <typename Finish>
HWY_INLINE void normed_vectors(const float* row, int64_t cols, float eps, const Finish& finish) {
  const F32 df;
  const auto count = static_cast<float>(cols);
  const float average = sum_of_row(row, cols, [](VF v, int) HWY_ATTR { return v; }) / count;
  const VF mean = hn::Set(df, average);
  const float squares = sum_of_row(row, cols, [&](VF v, int n) HWY_ATTR {
    const VF away = hn::Sub(v, mean);
    const VF square = hn::Mul(away, away);
    return n == lanes ? square : hn::IfThenElseZero(hn::FirstN(df, static_cast<size_t>(n)), square);
  });
  const VF factor = hn::Set(df, 1.0f / std::sqrt(squares / count + eps));
  for_vectors(cols,
              [&](int64_t i, int n) HWY_ATTR { finish(i, n, hn::Mul(hn::Sub(load_some(row + i, n), mean), factor)); });
}

void layer_norm_rows(const float* x, int64_t x_stride, const float* weight, const float* bias, float eps, int64_t cols,
                     int64_t begin, int64_t end, float* y, int64_t y_stride) {
  for (int64_t r = begin; r < end; ++r) {
    normed_vectors(x + r * x_stride, cols, eps, [&](int64_t i, int n, VF v) HWY_ATTR {
      if (weight != nullptr) v = hn::Mul(v, load_some(weight + i, n));
      if (bias != nullptr) v = hn::Add(v, load_some(bias + i, n));
      store_some(v, y + r * y_stride + i, n);
    });
  }
}

void layer_norm_modulate_rows(const float* x, int64_t x_stride, const float* scale, const float* shift, float eps,
                              int64_t cols, int64_t begin, int64_t end, float* y, int64_t y_stride) {
  const VF one = hn::Set(F32(), 1.0f);
  for (int64_t r = begin; r < end; ++r) {
    normed_vectors(x + r * x_stride, cols, eps, [&](int64_t i, int n, VF v) HWY_ATTR {
      const VF scaled = hn::Mul(v, hn::Add(one, load_some(scale + i, n)));
      store_some(hn::Add(scaled, load_some(shift + i, n)), y + r * y_stride + i, n);
    });
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(norm_rows);
HWY_EXPORT(add_norm_rows);
HWY_EXPORT(layer_norm_rows);
HWY_EXPORT(layer_norm_modulate_rows);

void rms_norm(const float* x, int64_t x_stride, const float* weight, float weight_offset, float eps, int64_t cols,
              int64_t begin, int64_t end, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(norm_rows)(x, x_stride, weight, weight_offset, eps, cols, begin, end, y, y_stride);
}

void add_rms_norm(const float* x, int64_t x_stride, const float* y, int64_t y_stride, const float* weight,
                  float weight_offset, float eps, int64_t cols, int64_t begin, int64_t end, float* sum,
                  int64_t sum_stride, float* normed, int64_t normed_stride) {
  HWY_DYNAMIC_DISPATCH(add_norm_rows)
  (x, x_stride, y, y_stride, weight, weight_offset, eps, cols, begin, end, sum, sum_stride, normed, normed_stride);
}

void layer_norm(const float* x, int64_t x_stride, const float* weight, const float* bias, float eps, int64_t cols,
                int64_t begin, int64_t end, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(layer_norm_rows)(x, x_stride, weight, bias, eps, cols, begin, end, y, y_stride);
}

void layer_norm_modulate(const float* x, int64_t x_stride, const float* scale, const float* shift, float eps,
                         int64_t cols, int64_t begin, int64_t end, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(layer_norm_modulate_rows)(x, x_stride, scale, shift, eps, cols, begin, end, y, y_stride);
}

}  // namespace diptych::kernels::cpu
#endif
