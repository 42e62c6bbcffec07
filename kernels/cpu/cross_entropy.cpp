#include "kernels/cpu/cross_entropy.h"

#include <cmath>
#include <limits>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/cross_entropy.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t sum_run = 1024;  // values that are summed in f32; their sums are in f64

float cross_entropy_row(int32_t label, float factor, int64_t count, float* logits) {
  const F32 df;
  const float chosen = logits[label];
  VF peak = constant(-std::numeric_limits<float>::infinity());
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    VF value = load_some(logits + i, n);
    if (n < lanes) value = hn::IfThenElse(hn::FirstN(df, static_cast<size_t>(n)), value, peak);
    peak = hn::Max(peak, value);
  });
  const float level = hn::GetLane(hn::MaxOfLanes(df, peak));
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += sum_run) {
    VF sum = hn::Zero(df);
    for_vectors(count - begin < sum_run ? count - begin : sum_run, [&](int64_t i, int n) HWY_ATTR {
      float* place = logits + begin + i;
      VF weight = exp_below_overflow(hn::Sub(load_some(place, n), constant(level)));
      if (n < lanes) weight = hn::IfThenElseZero(hn::FirstN(df, static_cast<size_t>(n)), weight);
      store_some(weight, place, n);
      sum = hn::Add(sum, weight);
    });
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(df, sum)));
  }
  const VF share = constant(static_cast<float>(static_cast<double>(factor) / total));
  for_vectors(count,
              [&](int64_t i, int n) HWY_ATTR { store_some(hn::Mul(load_some(logits + i, n), share), logits + i, n); });
  logits[label] -= factor;
  return static_cast<float>(static_cast<double>(factor) *
                            (std::log(total) + static_cast<double>(level) - static_cast<double>(chosen)));
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(cross_entropy_row);

float softmax_cross_entropy(int32_t label, float factor, int64_t n, float* logits) {
  return HWY_DYNAMIC_DISPATCH(cross_entropy_row)(label, factor, n, logits);
}

}  // namespace diptych::kernels::cpu
#endif
