// Sums in double whose order does not depend on the width of the vectors: eight interleaved chains, whose totals are
// added in order.
#if defined(DIPTYCH_SUMS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_SUMS_INL_H
#undef DIPTYCH_SUMS_INL_H
#else
#define DIPTYCH_SUMS_INL_H
#endif

#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int sum_chains = 8;

// The sum of term(i) for i in [0, count). The compiler makes vectors of the inner loop.
template <typename Term>
HWY_INLINE double chained_sum(int64_t count, const Term& term) {
  double chains[sum_chains] = {};
  int64_t i = 0;
  for (; i + sum_chains <= count; i += sum_chains) {
    for (int chain = 0; chain < sum_chains; ++chain) chains[chain] += term(i + chain);
  }
  for (int chain = 0; i < count; ++i, ++chain) chains[chain] += term(i);
  double sum = 0;
  for (const double chain : chains) sum += chain;
  return sum;
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_SUMS_INL_H
