// One dimension of Winograd's F(4, 3) at the points 0, ±sqrt(1/2), ±sqrt(2) and infinity (Lavin & Gray 2016; Toom-Cook
// by Lagrange interpolation), one value per lane.
#if defined(DIPTYCH_WINOGRAD_POINTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_WINOGRAD_POINTS_INL_H
#undef DIPTYCH_WINOGRAD_POINTS_INL_H
#else
#define DIPTYCH_WINOGRAD_POINTS_INL_H
#endif

#include "kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr float root = 1.41421356f, half_root = 0.707106781f;

// The six values d[0], d[step], … by B^T:
//   1     0     -5/2    0     1   0
//   0  -+sqrt 2  -2  ±sqrt ½  1   0
//   0  -+sqrt ½  -½  ±sqrt 2  1   0
//   0     1      0    -5/2    0   1
HWY_INLINE void input_points(const VF* d, int step, VF* t) {
  const VF two = constant(2), half = constant(0.5f), more = constant(2.5f);
  const VF d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  const VF near = hn::NegMulAdd(two, d2, d4), near_odd = hn::Mul(constant(half_root), hn::NegMulAdd(two, d1, d3));
  const VF far = hn::NegMulAdd(half, d2, d4), far_odd = hn::Mul(constant(root), hn::NegMulAdd(half, d1, d3));
  t[0] = hn::NegMulAdd(more, d2, hn::Add(d0, d4));
  t[1] = hn::Add(near, near_odd);
  t[2] = hn::Sub(near, near_odd);
  t[3] = hn::Add(far, far_odd);
  t[4] = hn::Sub(far, far_odd);
  t[5] = hn::NegMulAdd(more, d3, hn::Add(d1, d5));
}

// The three values g[0], g[step], … by G:
//    1        0       0
//  -2/3  -+sqrt 2 /3  -1/3
//   1/6   ±sqrt 2 /6   1/3
//    0        0       1
HWY_INLINE void weight_points(const VF* g, int step, VF* u) {
  const VF third = constant(1.0f / 3);
  const VF g0 = g[0], g1 = g[step], g2 = g[2 * step];
  const VF near = hn::Neg(hn::MulAdd(constant(2.0f / 3), g0, hn::Mul(third, g2)));
  const VF far = hn::MulAdd(constant(1.0f / 6), g0, hn::Mul(third, g2));
  const VF near_odd = hn::Mul(constant(root / 3), g1), far_odd = hn::Mul(constant(root / 6), g1);
  u[0] = g0;
  u[1] = hn::Sub(near, near_odd);
  u[2] = hn::Add(near, near_odd);
  u[3] = hn::Add(far, far_odd);
  u[4] = hn::Sub(far, far_odd);
  u[5] = g2;
}

// The six values m[0], m[step], … by A^T:
//   1     1        1         1        1      0
//   0   sqrt ½  -sqrt ½    sqrt 2  -sqrt 2   0
//   0     ½        ½         2        2      0
//   0  sqrt ½/2 -sqrt ½/2  2 sqrt 2 -2 sqrt 2  1
HWY_INLINE void output_points(const VF* m, int step, VF* y) {
  const VF m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
  const VF near = hn::Add(m1, m2), far = hn::Add(m3, m4);
  const VF near_odd = hn::Mul(constant(half_root), hn::Sub(m1, m2)), far_odd = hn::Mul(constant(root), hn::Sub(m3, m4));
  y[0] = hn::Add(hn::Add(m[0], near), far);
  y[1] = hn::Add(near_odd, far_odd);
  y[2] = hn::MulAdd(constant(2), far, hn::Mul(constant(0.5f), near));
  y[3] = hn::Add(hn::MulAdd(constant(2), far_odd, hn::Mul(constant(0.5f), near_odd)), m[5 * step]);
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_WINOGRAD_POINTS_INL_H
