// The activation functions, and their slopes, for f32 vectors of the target being compiled.
#if defined(DIPTYCH_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_ACTIVATION_INL_H
#undef DIPTYCH_ACTIVATION_INL_H
#else
#define DIPTYCH_ACTIVATION_INL_H
#endif

#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE VF silu(VF x) {
  return hn::Mul(x, sigmoid(x));
}

// 0.5 (1 + tanh u) = sigmoid(2 u)
HWY_INLINE VF gelu_tanh(VF x) {
  const VF cubic = hn::MulAdd(hn::Mul(x, x), constant(2 * 0.7978845608f * 0.044715f), constant(2 * 0.7978845608f));
  return hn::Mul(x, sigmoid(hn::Mul(x, cubic)));
}

HWY_INLINE VF gelu_erf(VF x) {
  const VF half_tail = hn::Mul(constant(0.5f), erfc_positive(hn::Mul(hn::Abs(x), constant(0.70710678f))));
  const VF positive = hn::Sub(constant(1.0f), half_tail);
  return hn::Mul(x, hn::IfThenElse(hn::Lt(x, hn::Zero(F32())), half_tail, positive));
}

HWY_INLINE VF quick_gelu(VF x) {
  return hn::Mul(x, sigmoid(hn::Mul(x, constant(1.702f))));
}

// What an activation is at x, and its slope there.
struct ValueAndSlope {
  VF value, slope;
};

// x s(a x): s + a x s (1 - s), as s' = s (1 - s)
HWY_INLINE ValueAndSlope sigmoid_gated(VF x, VF argument, VF argument_slope) {
  const VF s = sigmoid(argument), value = hn::Mul(x, s);
  return {value, hn::MulAdd(hn::Mul(value, hn::Sub(constant(1.0f), s)), argument_slope, s)};
}

HWY_INLINE ValueAndSlope silu_slope(VF x) {
  return sigmoid_gated(x, x, constant(1.0f));
}
HWY_INLINE ValueAndSlope quick_gelu_slope(VF x) {
  return sigmoid_gated(x, hn::Mul(x, constant(1.702f)), constant(1.702f));
}
HWY_INLINE ValueAndSlope gelu_tanh_slope(VF x) {
  constexpr float linear = 2 * 0.7978845608f, cubic = linear * 0.044715f;
  const VF square = hn::Mul(x, x);
  return sigmoid_gated(x, hn::Mul(x, hn::MulAdd(square, constant(cubic), constant(linear))),
                       hn::MulAdd(square, constant(3 * cubic), constant(linear)));
}
// x F(x) with F the normal distribution: F + x F', F' = e^(-x^2 / 2) / sqrt(2 pi)
HWY_INLINE ValueAndSlope gelu_erf_slope(VF x) {
  const VF density = hn::Mul(constant(0.39894228f), exp(hn::Mul(hn::Mul(x, x), constant(-0.5f))));
  const VF half_tail = hn::Mul(constant(0.5f), erfc_positive(hn::Mul(hn::Abs(x), constant(0.70710678f))));
  const VF below = hn::IfThenElse(hn::Lt(x, hn::Zero(F32())), half_tail, hn::Sub(constant(1.0f), half_tail));
  return {hn::Mul(x, below), hn::MulAdd(x, density, below)};
}
// The slope at 0 is 0, as PyTorch has it.
HWY_INLINE ValueAndSlope relu_slope(VF x) {
  return {hn::Max(x, hn::Zero(F32())), hn::IfThenElseZero(hn::Gt(x, hn::Zero(F32())), constant(1.0f))};
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_ACTIVATION_INL_H
