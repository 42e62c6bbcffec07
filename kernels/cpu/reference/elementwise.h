// Plain twins of elementwise.h, by their definitions.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cpu/elementwise.h"

namespace diptych::kernels::cpu::reference {

template <typename T>
T activate(Activation activation, T x) {
  switch (activation) {
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::gelu_tanh:
      return x / 2 * (1 + std::tanh(static_cast<T>(0.7978845608028654) * (x + static_cast<T>(0.044715) * x * x * x)));
    case Activation::gelu_erf:
      break;
    case Activation::quick_gelu:
      return x / (1 + std::exp(-static_cast<T>(1.702) * x));
    case Activation::relu:
      return x > 0 ? x : 0;
  }
  return x / 2 * std::erfc(-x * static_cast<T>(0.7071067811865476));
}

template <typename T>
void gated(Activation activation, const T* gate, const T* up, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = activate(activation, gate[i]) * up[i];
}

template <typename T>
void activate(Activation activation, const T* x, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = activate(activation, x[i]);
}

template <typename T>
void add(const T* x, const T* y, int64_t count, T* sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] = x[i] + y[i];
}

template <typename T>
void gated_add(const T* x, const T* gate, const T* y, int64_t count, T* sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] = x[i] + gate[i] * y[i];
}

template <typename T>
void scale(const T* x, T factor, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] * factor;
}

template <typename T>
void scale_offset(const T* x, T factor, T offset, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] * factor + offset;
}

template <typename T>
void clamp(const T* x, T low, T high, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

template <typename T>
void softcap(const T* x, T cap, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = cap * std::tanh(x[i] / cap);
}

}  // namespace diptych::kernels::cpu::reference
