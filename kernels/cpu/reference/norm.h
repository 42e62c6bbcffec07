// Plain twin of norm.h.
#pragma once

#include <cmath>
#include <cstdint>

namespace diptych::kernels::cpu::reference {

template <typename T>
void rms_norm(const T* x, int64_t x_stride, const T* weight, T weight_offset, T eps, int64_t cols, int64_t begin,
              int64_t end, T* y, int64_t y_stride) {
  for (int64_t r = begin; r < end; ++r) {
    T squares = 0;
    for (int64_t c = 0; c < cols; ++c) squares += x[r * x_stride + c] * x[r * x_stride + c];
    const T factor = 1 / std::sqrt(squares / static_cast<T>(cols) + eps);
    for (int64_t c = 0; c < cols; ++c) y[r * y_stride + c] = x[r * x_stride + c] * factor * (weight[c] + weight_offset);
  }
}

template <typename T>
void add_rms_norm(const T* x, int64_t x_stride, const T* y, int64_t y_stride, const T* weight, T weight_offset, T eps,
                  int64_t cols, int64_t begin, int64_t end, T* sum, int64_t sum_stride, T* normed,
                  int64_t normed_stride) {
  for (int64_t r = begin; r < end; ++r) {
    for (int64_t c = 0; c < cols; ++c) sum[r * sum_stride + c] = x[r * x_stride + c] + y[r * y_stride + c];
  }
  rms_norm(sum, sum_stride, weight, weight_offset, eps, cols, begin, end, normed, normed_stride);
}

template <typename T>
void layer_norm(const T* x, int64_t x_stride, const T* weight, const T* bias, T eps, int64_t cols, int64_t begin,
                int64_t end, T* y, int64_t y_stride) {
  for (int64_t r = begin; r < end; ++r) {
    T mean = 0, variance = 0;
    for (int64_t c = 0; c < cols; ++c) mean += x[r * x_stride + c] / static_cast<T>(cols);
    for (int64_t c = 0; c < cols; ++c) {
      variance += (x[r * x_stride + c] - mean) * (x[r * x_stride + c] - mean) / static_cast<T>(cols);
    }
    const T factor = 1 / std::sqrt(variance + eps);
    for (int64_t c = 0; c < cols; ++c) {
      const T normed = (x[r * x_stride + c] - mean) * factor;
      y[r * y_stride + c] = normed * (weight == nullptr ? 1 : weight[c]) + (bias == nullptr ? 0 : bias[c]);
    }
  }
}

template <typename T>
void layer_norm_modulate(const T* x, int64_t x_stride, const T* scale, const T* shift, T eps, int64_t cols,
                         int64_t begin, int64_t end, T* y, int64_t y_stride) {
  layer_norm(x, x_stride, static_cast<const T*>(nullptr), static_cast<const T*>(nullptr), eps, cols, begin, end, y,
             y_stride);
  for (int64_t r = begin; r < end; ++r) {
    for (int64_t c = 0; c < cols; ++c) y[r * y_stride + c] = y[r * y_stride + c] * (1 + scale[c]) + shift[c];
  }
}

}  // namespace diptych::kernels::cpu::reference
