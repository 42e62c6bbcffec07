#include "kernels/cpu/adafactor.h"

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/adafactor.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/math-inl.h"
#include "kernels/cpu/sums-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

double sum_of_offset_square_values(const float* gradient, float offset, int64_t count) {
  return chained_sum(count,
                     [&](int64_t i) HWY_ATTR { return static_cast<double>(gradient[i] * gradient[i] + offset); });
}

void add_offset_square_values(const float* gradient, float offset, int64_t count, double* sums) {
  for (int64_t i = 0; i < count; ++i) sums[i] += static_cast<double>(gradient[i] * gradient[i] + offset);
}

double sum_of_scaled_square_values(const float* gradient, float row_factor, const float* column_factors,
                                   int64_t count) {
  return chained_sum(count, [&](int64_t i) HWY_ATTR {
    const double update = static_cast<double>(row_factor * column_factors[i] * gradient[i]);
    return update * update;
  });
}

void adafactor_values(const AdafactorStep& step, const float* gradient, float row_factor, const float* column_factors,
                      int64_t count, float* value) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF factor = hn::Mul(constant(row_factor), load_some(column_factors + i, n));
    const VF update =
        hn::Mul(hn::Div(hn::Mul(factor, load_some(gradient + i, n)), constant(step.divisor)), constant(step.step));
    const VF old = load_some(value + i, n), p = hn::Add(old, hn::Mul(constant(step.decay), old));
    store_some(hn::Sub(p, update), value + i, n);
  });
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(sum_of_offset_square_values);
HWY_EXPORT(add_offset_square_values);
HWY_EXPORT(sum_of_scaled_square_values);
HWY_EXPORT(adafactor_values);

double sum_of_offset_squares(const float* gradient, float offset, int64_t count) {
  return HWY_DYNAMIC_DISPATCH(sum_of_offset_square_values)(gradient, offset, count);
}

void add_offset_squares(const float* gradient, float offset, int64_t count, double* sums) {
  HWY_DYNAMIC_DISPATCH(add_offset_square_values)(gradient, offset, count, sums);
}

double sum_of_scaled_squares(const float* gradient, float row_factor, const float* column_factors, int64_t count) {
  return HWY_DYNAMIC_DISPATCH(sum_of_scaled_square_values)(gradient, row_factor, column_factors, count);
}

void adafactor(const AdafactorStep& step, const float* gradient, float row_factor, const float* column_factors,
               int64_t count, float* value) {
  HWY_DYNAMIC_DISPATCH(adafactor_values)(step, gradient, row_factor, column_factors, count, value);
}

}  // namespace diptych::kernels::cpu
#endif
