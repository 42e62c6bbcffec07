#include "kernels/cpu/elementwise.h"

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/activation-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// apply(function) with the activation's function.
template <typename Apply>
HWY_INLINE void with_activation(Activation activation, const Apply& apply) {
  switch (activation) {
    case Activation::silu:
      return apply([](VF x) HWY_ATTR { return silu(x); });
    case Activation::gelu_tanh:
      return apply([](VF x) HWY_ATTR { return gelu_tanh(x); });
    case Activation::gelu_erf:
      return apply([](VF x) HWY_ATTR { return gelu_erf(x); });
    case Activation::quick_gelu:
      return apply([](VF x) HWY_ATTR { return quick_gelu(x); });
    case Activation::relu:
      return apply([](VF x) HWY_ATTR { return hn::Max(x, hn::Zero(F32())); });
  }
}

void gated_values(Activation activation, const float* gate, const float* up, int64_t count, float* y) {
  with_activation(activation, [&](const auto& function) HWY_ATTR {
    for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
      store_some(hn::Mul(function(load_some(gate + i, n)), load_some(up + i, n)), y + i, n);
    });
  });
}

void activate_values(Activation activation, const float* x, int64_t count, float* y) {
  with_activation(activation, [&](const auto& function) HWY_ATTR {
    for_vectors(count, [&](int64_t i, int n) HWY_ATTR { store_some(function(load_some(x + i, n)), y + i, n); });
  });
}

void add_values(const float* x, const float* y, int64_t count, float* sum) {
  for_vectors(count, [&](int64_t i, int n)
                         HWY_ATTR { store_some(hn::Add(load_some(x + i, n), load_some(y + i, n)), sum + i, n); });
}

void gated_add_values(const float* x, const float* gate, const float* y, int64_t count, float* sum) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    store_some(hn::MulAdd(load_some(gate + i, n), load_some(y + i, n), load_some(x + i, n)), sum + i, n);
  });
}

void add_scaled_values(const float* x, float factor, int64_t count, float* y) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    store_some(hn::MulAdd(load_some(x + i, n), constant(factor), load_some(y + i, n)), y + i, n);
  });
}

void scale_values(const float* x, float factor, int64_t count, float* y) {
  for_vectors(count,
              [&](int64_t i, int n) HWY_ATTR { store_some(hn::Mul(load_some(x + i, n), constant(factor)), y + i, n); });
}

void scale_offset_values(const float* x, float factor, float offset, int64_t count, float* y) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    store_some(hn::MulAdd(load_some(x + i, n), constant(factor), constant(offset)), y + i, n);
  });
}

void clamp_values(const float* x, float low, float high, int64_t count, float* y) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    store_some(hn::Min(hn::Max(load_some(x + i, n), constant(low)), constant(high)), y + i, n);
  });
}

void softcap_values(const float* x, float cap, int64_t count, float* y) {
  const float inverse = 1.0f / cap;
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    store_some(hn::Mul(constant(cap), tanh(hn::Mul(load_some(x + i, n), constant(inverse)))), y + i, n);
  });
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(gated_values);
HWY_EXPORT(activate_values);
HWY_EXPORT(add_values);
HWY_EXPORT(gated_add_values);
HWY_EXPORT(add_scaled_values);
HWY_EXPORT(scale_values);
HWY_EXPORT(scale_offset_values);
HWY_EXPORT(clamp_values);
HWY_EXPORT(softcap_values);

void gated(Activation activation, const float* gate, const float* up, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(gated_values)(activation, gate, up, count, y);
}

void activate(Activation activation, const float* x, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(activate_values)(activation, x, count, y);
}

void add(const float* x, const float* y, int64_t count, float* sum) {
  HWY_DYNAMIC_DISPATCH(add_values)(x, y, count, sum);
}

void gated_add(const float* x, const float* gate, const float* y, int64_t count, float* sum) {
  HWY_DYNAMIC_DISPATCH(gated_add_values)(x, gate, y, count, sum);
}

void add_scaled(const float* x, float factor, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(add_scaled_values)(x, factor, count, y);
}

void scale(const float* x, float factor, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(scale_values)(x, factor, count, y);
}

void scale_offset(const float* x, float factor, float offset, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(scale_offset_values)(x, factor, offset, count, y);
}

void clamp(const float* x, float low, float high, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(clamp_values)(x, low, high, count, y);
}

void softcap(const float* x, float cap, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(softcap_values)(x, cap, count, y);
}

}  // namespace diptych::kernels::cpu
#endif
