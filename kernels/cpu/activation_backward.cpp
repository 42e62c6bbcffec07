#include "kernels/cpu/activation_backward.h"

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/activation_backward.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/activation-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// apply(function) with the function that gives value and slope.
template <typename Apply>
HWY_INLINE void with_slope(Activation activation, const Apply& apply) {
  switch (activation) {
    case Activation::silu:
      return apply([](VF x) HWY_ATTR { return silu_slope(x); });
    case Activation::gelu_tanh:
      return apply([](VF x) HWY_ATTR { return gelu_tanh_slope(x); });
    case Activation::gelu_erf:
      return apply([](VF x) HWY_ATTR { return gelu_erf_slope(x); });
    case Activation::quick_gelu:
      return apply([](VF x) HWY_ATTR { return quick_gelu_slope(x); });
    case Activation::relu:
      return apply([](VF x) HWY_ATTR { return relu_slope(x); });
  }
}

HWY_INLINE void add_product_to(VF a, VF b, float* sum, int n) {
  store_some(hn::MulAdd(a, b, load_some(sum, n)), sum, n);
}

void activate_slopes(Activation activation, const float* x, const float* dy, int64_t count, float* dx) {
  with_slope(activation, [&](const auto& function) HWY_ATTR {
    for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
      add_product_to(function(load_some(x + i, n)).slope, load_some(dy + i, n), dx + i, n);
    });
  });
}

void gated_slopes(Activation activation, const float* gate, const float* up, const float* dy, int64_t count,
                  float* dgate, float* dup) {
  with_slope(activation, [&](const auto& function) HWY_ATTR {
    for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
      const ValueAndSlope at = function(load_some(gate + i, n));
      const VF gradient = load_some(dy + i, n);
      add_product_to(hn::Mul(at.slope, load_some(up + i, n)), gradient, dgate + i, n);
      add_product_to(at.value, gradient, dup + i, n);
    });
  });
}

void softcap_slopes(const float* x, float cap, const float* dy, int64_t count, float* dx) {
  const float inverse = 1.0f / cap;
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF part = tanh(hn::Mul(load_some(x + i, n), constant(inverse)));
    add_product_to(hn::NegMulAdd(part, part, constant(1.0f)), load_some(dy + i, n), dx + i, n);
  });
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(activate_slopes);
HWY_EXPORT(gated_slopes);
HWY_EXPORT(softcap_slopes);

void activate_backward(Activation activation, const float* x, const float* dy, int64_t count, float* dx) {
  HWY_DYNAMIC_DISPATCH(activate_slopes)(activation, x, dy, count, dx);
}

void gated_backward(Activation activation, const float* gate, const float* up, const float* dy, int64_t count,
                    float* dgate, float* dup) {
  HWY_DYNAMIC_DISPATCH(gated_slopes)(activation, gate, up, dy, count, dgate, dup);
}

void softcap_backward(const float* x, float cap, const float* dy, int64_t count, float* dx) {
  HWY_DYNAMIC_DISPATCH(softcap_slopes)(x, cap, dy, count, dx);
}

}  // namespace diptych::kernels::cpu
#endif
