// Plain twin of rope.h.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cpu/rope.h"

namespace diptych::kernels::cpu::reference {

template <typename T>
void rope_table(const int32_t* positions, int64_t begin, int64_t end, const T* inverse_frequencies, int rotary_dim,
                T magnitude, T* cos, T* sin) {
  for (int64_t row = begin; row < end; ++row) {
    for (int i = 0; i < rotary_dim / 2; ++i) {
      const double angle = static_cast<double>(positions[row]) * static_cast<double>(inverse_frequencies[i]);
      *cos++ = static_cast<T>(std::cos(angle) * static_cast<double>(magnitude));
      *sin++ = static_cast<T>(std::sin(angle) * static_cast<double>(magnitude));
    }
  }
}

template <typename T>
void axis_rope_table(const float* positions, int64_t position_stride, int64_t begin, int64_t end, double theta,
                     int dims, T* cos, T* sin, int64_t row_stride) {
  for (int i = 0; i < dims / 2; ++i) {
    const double frequency = std::pow(theta, -2.0 * i / dims);
    for (int64_t row = begin; row < end; ++row) {
      const double angle = static_cast<double>(positions[row * position_stride]) * frequency;
      cos[row * row_stride + i] = static_cast<T>(std::cos(angle));
      sin[row * row_stride + i] = static_cast<T>(std::sin(angle));
    }
  }
}

template <typename T>
void rope(RopeStyle style, const T* x, int64_t x_stride, int heads, int head_dim, int rotary_dim, const T* cos,
          const T* sin, int64_t begin, int64_t end, T* y, int64_t y_stride) {
  const int pairs = rotary_dim / 2;
  for (int64_t row = begin; row < end; ++row) {
    for (int h = 0; h < heads; ++h) {
      const T* in = x + row * x_stride + h * head_dim;
      T* out = y + row * y_stride + h * head_dim;
      for (int i = 0; i < pairs; ++i) {
        const int a = style == RopeStyle::half_split ? i : 2 * i,
                  b = style == RopeStyle::half_split ? i + pairs : 2 * i + 1;
        const T c = cos[row * pairs + i], s = sin[row * pairs + i], first = in[a], second = in[b];
        out[a] = first * c - second * s;
        out[b] = second * c + first * s;
      }
      for (int i = rotary_dim; i < head_dim; ++i) out[i] = in[i];
    }
  }
}

}  // namespace diptych::kernels::cpu::reference
