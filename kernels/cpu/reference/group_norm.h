// Plain twin of group_norm.h: one row by its definition.
#pragma once

#include <cmath>
#include <cstdint>

namespace diptych::kernels::cpu::reference {

// x and y [pixels, channels]; shift [channels] or null.
template <typename T>
void group_norm(const T* x, int64_t pixels, int64_t channels, int64_t groups, const T* weight, const T* bias,
                const T* shift, T eps, bool silu, T* y) {
  const int64_t size = channels / groups;
  const auto value = [&](int64_t p, int64_t c) { return x[p * channels + c] + (shift == nullptr ? 0 : shift[c]); };
  for (int64_t group = 0; group < groups; ++group) {
    const int64_t first = group * size;
    const T values = static_cast<T>(pixels * size);
    T mean = 0, variance = 0;
    for (int64_t p = 0; p < pixels; ++p) {
      for (int64_t c = first; c < first + size; ++c) mean += value(p, c) / values;
    }
    for (int64_t p = 0; p < pixels; ++p) {
      for (int64_t c = first; c < first + size; ++c) {
        variance += (value(p, c) - mean) * (value(p, c) - mean) / values;
      }
    }
    for (int64_t p = 0; p < pixels; ++p) {
      for (int64_t c = first; c < first + size; ++c) {
        const T normed = (value(p, c) - mean) / std::sqrt(variance + eps) * weight[c] + bias[c];
        y[p * channels + c] = silu ? normed / (1 + std::exp(-normed)) : normed;
      }
    }
  }
}

}  // namespace diptych::kernels::cpu::reference
