// Plain twins of optimizer.h and adafactor.h, by their formulas.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cpu/adafactor.h"
#include "kernels/cpu/optimizer.h"

namespace diptych::kernels::cpu::reference {

template <typename T>
void adamw(const AdamWStep& step, const T* gradient, int64_t count, T* value, T* first, T* second) {
  for (int64_t i = 0; i < count; ++i) {
    const T g = gradient[i];
    value[i] *= step.decay;
    first[i] += step.gain1 * (g - first[i]);
    second[i] = second[i] * step.keep2 + step.gain2 * g * g;
    value[i] += step.step * first[i] / (std::sqrt(second[i]) / step.root2 + step.epsilon);
  }
}

template <typename T>
void lion(const LionStep& step, const T* gradient, int64_t count, T* value, T* moment) {
  for (int64_t i = 0; i < count; ++i) {
    const T direction = moment[i] * step.keep1 + gradient[i] * step.gain1;
    value[i] = value[i] * step.decay + step.step * (direction > 0 ? T(1) : direction < 0 ? T(-1) : T(0));
    moment[i] = moment[i] * step.keep2 + gradient[i] * step.gain2;
  }
}

template <typename T>
void sgd(const SgdStep& step, const T* gradient, int64_t count, T* value, T* velocity) {
  for (int64_t i = 0; i < count; ++i) {
    T direction = gradient[i] + step.decay * value[i];
    if (velocity != nullptr) direction = velocity[i] = velocity[i] * step.momentum + direction;
    value[i] += step.step * direction;
  }
}

template <typename T>
ProdigySums prodigy_moments(const ProdigyMoments& step, const T* gradient, const T* value, const T* start,
                            int64_t count, T* first, T* second, T* travelled) {
  ProdigySums sums;
  for (int64_t i = 0; i < count; ++i) {
    const T g = gradient[i];
    sums.distance += static_cast<double>(g) * (static_cast<double>(start[i]) - static_cast<double>(value[i]));
    first[i] = first[i] * step.keep1 + step.gain1 * g;
    second[i] = second[i] * step.keep2 + step.gain2 * g * g;
    travelled[i] = travelled[i] * step.keep3 + step.gain3 * g;
    sums.magnitude += std::abs(static_cast<double>(travelled[i]));
  }
  return sums;
}

template <typename T>
void prodigy(const ProdigyStep& step, const T* first, const T* second, int64_t count, T* value) {
  for (int64_t i = 0; i < count; ++i) {
    value[i] += step.decay * value[i];
    value[i] += step.step * first[i] / (std::sqrt(second[i]) + step.epsilon);
  }
}

template <typename T>
void adafactor(const AdafactorStep& step, const T* gradient, T row_factor, const T* column_factors, int64_t count,
               T* value) {
  for (int64_t i = 0; i < count; ++i) {
    value[i] += step.decay * value[i] - row_factor * column_factors[i] * gradient[i] / step.divisor * step.step;
  }
}

template <typename T>
double sum_of_squares(const T* x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

}  // namespace diptych::kernels::cpu::reference
