// Plain twin of matmul.h: from the stored rows of a weight, without packing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/common/quant_blocks.h"

namespace diptych::kernels::cpu::reference {

// What the 8-bit activations of a row stand for: per 32 values a scale of largest / 127, values rounded to it.
template <typename T>
std::vector<T> rounded_activations(const float* x, int64_t cols) {
  std::vector<T> y(static_cast<size_t>(cols));
  for (int64_t begin = 0; begin < cols; begin += 32) {
    float largest = 0;
    for (int64_t c = begin; c < begin + 32; ++c) largest = std::max(largest, std::abs(x[c]));
    const float scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0;
    for (int64_t c = begin; c < begin + 32; ++c) {
      y[static_cast<size_t>(c)] = static_cast<T>(std::nearbyint(x[c] * inverse)) * static_cast<T>(scale);
    }
  }
  return y;
}

// y [tokens, rows]; x [tokens, cols]; `source` the rows as in the file; bias may be null.
template <typename T>
void matmul(DType type, const std::byte* source, int64_t rows, int64_t cols, const float* x, int64_t tokens,
            const float* bias, T* y) {
  std::vector<float> row(static_cast<size_t>(cols));
  std::vector<std::vector<T>> inputs;
  for (int64_t t = 0; t < tokens; ++t) {
    inputs.push_back(is_quantized(type) ? rounded_activations<T>(x + t * cols, cols)
                                        : std::vector<T>(x + t * cols, x + (t + 1) * cols));
  }
  for (int64_t r = 0; r < rows; ++r) {
    dequantize_row(type, source + static_cast<size_t>(r) * dtype_bytes(type, cols), row.data(), cols);
    for (int64_t t = 0; t < tokens; ++t) {
      T sum = 0;
      for (size_t c = 0; c < row.size(); ++c) sum += static_cast<T>(row[c]) * inputs[static_cast<size_t>(t)][c];
      y[t * rows + r] = sum + (bias != nullptr ? static_cast<T>(bias[r]) : 0);
    }
  }
}

}  // namespace diptych::kernels::cpu::reference
