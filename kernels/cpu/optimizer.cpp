#include "kernels/cpu/optimizer.h"

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/optimizer.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/math-inl.h"
#include "kernels/cpu/sums-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

void adamw_values(const AdamWStep& step, const float* gradient, int64_t count, float* value, float* first,
                  float* second) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF g = load_some(gradient + i, n), old = load_some(first + i, n);
    const VF m = hn::MulAdd(constant(step.gain1), hn::Sub(g, old), old);
    const VF v =
        hn::Add(hn::Mul(load_some(second + i, n), constant(step.keep2)), hn::Mul(hn::Mul(constant(step.gain2), g), g));
    const VF denominator = hn::Add(hn::Div(hn::Sqrt(v), constant(step.root2)), constant(step.epsilon));
    const VF p = hn::Mul(load_some(value + i, n), constant(step.decay));
    store_some(m, first + i, n);
    store_some(v, second + i, n);
    store_some(hn::Add(p, hn::Div(hn::Mul(constant(step.step), m), denominator)), value + i, n);
  });
}

void lion_values(const LionStep& step, const float* gradient, int64_t count, float* value, float* moment) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF g = load_some(gradient + i, n), m = load_some(moment + i, n), zero = hn::Zero(F32());
    const VF direction = hn::Add(hn::Mul(m, constant(step.keep1)), hn::Mul(g, constant(step.gain1)));
    const VF sign = hn::IfThenZeroElse(hn::Eq(direction, zero), hn::CopySign(constant(1.0f), direction));
    const VF p = hn::Mul(load_some(value + i, n), constant(step.decay));
    store_some(hn::Add(p, hn::Mul(constant(step.step), sign)), value + i, n);
    store_some(hn::Add(hn::Mul(m, constant(step.keep2)), hn::Mul(g, constant(step.gain2))), moment + i, n);
  });
}

void sgd_values(const SgdStep& step, const float* gradient, int64_t count, float* value, float* velocity) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF p = load_some(value + i, n);
    VF direction = hn::Add(load_some(gradient + i, n), hn::Mul(constant(step.decay), p));
    if (velocity != nullptr) {
      direction = hn::Add(hn::Mul(load_some(velocity + i, n), constant(step.momentum)), direction);
      store_some(direction, velocity + i, n);
    }
    store_some(hn::Add(p, hn::Mul(constant(step.step), direction)), value + i, n);
  });
}

ProdigySums prodigy_moment_values(const ProdigyMoments& step, const float* gradient, const float* value,
                                  const float* start, int64_t count, float* first, float* second, float* travelled) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF g = load_some(gradient + i, n);
    const auto decayed = [&](const float* x, float keep, VF more)
                             HWY_ATTR { return hn::Add(hn::Mul(load_some(x + i, n), constant(keep)), more); };
    store_some(decayed(first, step.keep1, hn::Mul(constant(step.gain1), g)), first + i, n);
    store_some(decayed(second, step.keep2, hn::Mul(hn::Mul(constant(step.gain2), g), g)), second + i, n);
    store_some(decayed(travelled, step.keep3, hn::Mul(constant(step.gain3), g)), travelled + i, n);
  });
  ProdigySums sums;
  sums.distance = chained_sum(count, [&](int64_t i) HWY_ATTR {
    return static_cast<double>(gradient[i]) * (static_cast<double>(start[i]) - static_cast<double>(value[i]));
  });
  sums.magnitude = chained_sum(count, [&](int64_t i) HWY_ATTR {
    const double s = travelled[i];
    return s < 0 ? -s : s;
  });
  return sums;
}

void prodigy_values(const ProdigyStep& step, const float* first, const float* second, int64_t count, float* value) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF old = load_some(value + i, n), p = hn::Add(old, hn::Mul(constant(step.decay), old));
    const VF denominator = hn::Add(hn::Sqrt(load_some(second + i, n)), constant(step.epsilon));
    const VF change = hn::Div(hn::Mul(constant(step.step), load_some(first + i, n)), denominator);
    store_some(hn::Add(p, change), value + i, n);
  });
}

void moving_average_values(float gain, const float* value, int64_t count, float* average) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    const VF a = load_some(average + i, n);
    store_some(hn::Sub(a, hn::Mul(constant(gain), hn::Sub(a, load_some(value + i, n)))), average + i, n);
  });
}

double sum_of_square_values(const float* x, int64_t count) {
  return chained_sum(count, [&](int64_t i) HWY_ATTR { return static_cast<double>(x[i]) * static_cast<double>(x[i]); });
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(adamw_values);
HWY_EXPORT(lion_values);
HWY_EXPORT(sgd_values);
HWY_EXPORT(prodigy_moment_values);
HWY_EXPORT(prodigy_values);
HWY_EXPORT(moving_average_values);
HWY_EXPORT(sum_of_square_values);

void adamw(const AdamWStep& step, const float* gradient, int64_t count, float* value, float* first, float* second) {
  HWY_DYNAMIC_DISPATCH(adamw_values)(step, gradient, count, value, first, second);
}

void lion(const LionStep& step, const float* gradient, int64_t count, float* value, float* moment) {
  HWY_DYNAMIC_DISPATCH(lion_values)(step, gradient, count, value, moment);
}

void sgd(const SgdStep& step, const float* gradient, int64_t count, float* value, float* velocity) {
  HWY_DYNAMIC_DISPATCH(sgd_values)(step, gradient, count, value, velocity);
}

ProdigySums prodigy_moments(const ProdigyMoments& step, const float* gradient, const float* value, const float* start,
                            int64_t count, float* first, float* second, float* travelled) {
  return HWY_DYNAMIC_DISPATCH(prodigy_moment_values)(step, gradient, value, start, count, first, second, travelled);
}

void prodigy(const ProdigyStep& step, const float* first, const float* second, int64_t count, float* value) {
  HWY_DYNAMIC_DISPATCH(prodigy_values)(step, first, second, count, value);
}

void moving_average(float gain, const float* value, int64_t count, float* average) {
  HWY_DYNAMIC_DISPATCH(moving_average_values)(gain, value, count, average);
}

double sum_of_squares(const float* x, int64_t count) {
  return HWY_DYNAMIC_DISPATCH(sum_of_square_values)(x, count);
}

}  // namespace diptych::kernels::cpu
#endif
