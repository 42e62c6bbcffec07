#include "kernels/cpu/group_norm_backward.h"

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/group_norm_backward.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/activation-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

struct Normed {
  VF value, gradient;  // in front of weight and activation; with respect to what the activation gets
};

HWY_INLINE Normed normed_at(const GroupNormBackward& norm, const float* x, const float* dy, int64_t i, int n) {
  const VF value = hn::MulAdd(load_some(x + i, n), load_some(norm.scale + i, n), load_some(norm.offset + i, n));
  VF gradient = load_some(dy + i, n);
  if (norm.silu) {
    const VF input = hn::MulAdd(value, load_some(norm.weight + i, n), load_some(norm.bias + i, n));
    gradient = hn::Mul(gradient, silu_slope(input).slope);
  }
  return {value, gradient};
}

HWY_INLINE void add_to(VF value, float* place, int n) {
  store_some(hn::Add(load_some(place, n), value), place, n);
}

void sums_over_pixels(const GroupNormBackward& norm, const float* x, const float* dy, int64_t pixels, float* sums) {
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += norm.channels, dy += norm.channels) {
    for_vectors(norm.channels, [&](int64_t i, int n) HWY_ATTR {
      const Normed at = normed_at(norm, x, dy, i, n);
      add_to(at.gradient, sums + i, n);
      add_to(hn::Mul(at.gradient, at.value), sums + norm.channels + i, n);
      add_to(at.value, sums + 2 * norm.channels + i, n);
    });
  }
}

void gradients_of_pixels(const GroupNormBackward& norm, const float* x, const float* dy, int64_t pixels,
                         const float* level, const float* pull, float* dx) {
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += norm.channels, dy += norm.channels, dx += norm.channels) {
    for_vectors(norm.channels, [&](int64_t i, int n) HWY_ATTR {
      const Normed at = normed_at(norm, x, dy, i, n);
      const VF along = hn::MulSub(at.gradient, load_some(norm.weight + i, n), load_some(level + i, n));
      const VF straight = hn::NegMulAdd(at.value, load_some(pull + i, n), along);
      add_to(hn::Mul(straight, load_some(norm.scale + i, n)), dx + i, n);
    });
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(sums_over_pixels);
HWY_EXPORT(gradients_of_pixels);

void group_norm_gradient_sums(const GroupNormBackward& norm, const float* x, const float* dy, int64_t pixels,
                              float* sums) {
  HWY_DYNAMIC_DISPATCH(sums_over_pixels)(norm, x, dy, pixels, sums);
}

void group_norm_gradients(const GroupNormBackward& norm, const float* x, const float* dy, int64_t pixels,
                          const float* level, const float* pull, float* dx) {
  HWY_DYNAMIC_DISPATCH(gradients_of_pixels)(norm, x, dy, pixels, level, pull, dx);
}

}  // namespace diptych::kernels::cpu
#endif
