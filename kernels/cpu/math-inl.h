// e^x, tanh and erfc for f32 vectors of the target being compiled.
#if defined(DIPTYCH_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_MATH_INL_H
#undef DIPTYCH_MATH_INL_H
#else
#define DIPTYCH_MATH_INL_H
#endif

#include <limits>

#include "kernels/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE VF constant(float value) {
  return hn::Set(F32(), value);
}

// e^x for x up to 88.3. e^x = 2^n e^r with |r| <= ln 2 / 2, ln 2 in two parts (Cody & Waite 1980); e^r = 1 + r + r^2
// q(r), q a least-maximum fit of degree 4, within 4e-9. Adding 1.5 * 2^23 rounds to n and leaves it in the lowest bits,
// from where it goes to the exponent. Within 2 ulp; 0 below -87.3, where f32 turns subnormal.
HWY_INLINE VF exp_below_overflow(VF x) {
  const VF rounder = constant(12582912.0f), rounded = hn::MulAdd(x, constant(1.44269504f), rounder);
  const VF n = hn::Sub(rounded, rounder);
  VF r = hn::NegMulAdd(n, constant(0.693359375f), x);
  r = hn::NegMulAdd(n, constant(-2.12194440e-4f), r);
  VF p = constant(0.001381432f);
  p = hn::MulAdd(p, r, constant(0.008368851f));
  p = hn::MulAdd(p, r, constant(0.0416684f));
  p = hn::MulAdd(p, r, constant(0.1666652f));
  p = hn::MulAdd(p, r, constant(0.49999994f));
  p = hn::MulAdd(p, r, constant(1.0f));
  p = hn::MulAdd(p, r, constant(1.0f));
  const VI exponent = hn::ShiftLeft<23>(hn::BitCast(I32(), rounded));
  const VF value = hn::BitCast(F32(), hn::Add(hn::BitCast(I32(), p), exponent));
  return hn::IfThenZeroElse(hn::Lt(x, constant(-87.3f)), value);
}

// For any x; infinite above 88.3.
HWY_INLINE VF exp(VF x) {
  const VF infinity = constant(std::numeric_limits<float>::infinity());
  return hn::IfThenElse(hn::Gt(x, constant(88.3f)), infinity, exp_below_overflow(x));
}

// 1 / (1 + e^-x)
HWY_INLINE VF sigmoid(VF x) {
  return hn::Div(constant(1.0f), hn::Add(constant(1.0f), exp(hn::Neg(x))));
}

// 1 - 2 / (e^2x + 1); up to 0.625, where that cancels, x + x^3 times a polynomial in x^2 (least maximum, 3e-9).
HWY_INLINE VF tanh(VF x) {
  const VF magnitude = hn::Abs(x), square = hn::Mul(x, x);
  const VF e = exp(hn::Add(magnitude, magnitude));
  const VF large = hn::NegMulAdd(constant(2.0f), hn::Div(constant(1.0f), hn::Add(e, constant(1.0f))), constant(1.0f));
  VF p = constant(-0.00570497f);
  p = hn::MulAdd(p, square, constant(0.02063908f));
  p = hn::MulAdd(p, square, constant(-0.05373971f));
  p = hn::MulAdd(p, square, constant(0.13331442f));
  p = hn::MulAdd(p, square, constant(-0.33333282f));
  const VF small = hn::MulAdd(hn::Mul(magnitude, square), p, magnitude);
  return hn::CopySign(hn::IfThenElse(hn::Lt(magnitude, constant(0.625f)), small, large), x);
}

// erfc(x) for x >= 0: e^(-x^2) times a polynomial in 1 / (1 + 0.34 x), a least-maximum fit of e^(x^2) erfc(x) on
// [0, 12] with relative error 4e-9.
HWY_INLINE VF erfc_positive(VF x) {
  const VF t = hn::Div(constant(1.0f), hn::MulAdd(constant(0.34f), x, constant(1.0f)));
  VF p = constant(0.05070691f);
  p = hn::MulAdd(p, t, constant(-0.24596228f));
  p = hn::MulAdd(p, t, constant(0.40159683f));
  p = hn::MulAdd(p, t, constant(-0.27816022f));
  p = hn::MulAdd(p, t, constant(0.2753777f));
  p = hn::MulAdd(p, t, constant(0.05946713f));
  p = hn::MulAdd(p, t, constant(0.17484748f));
  p = hn::MulAdd(p, t, constant(0.17827341f));
  p = hn::MulAdd(p, t, constant(0.19203649f));
  p = hn::MulAdd(p, t, constant(0.19181657f));
  return hn::Mul(hn::Mul(p, t), exp(hn::Neg(hn::Mul(x, x))));
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_MATH_INL_H
