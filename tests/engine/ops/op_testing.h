// Shared by the tests of ops: tensors from values, random matrices, packed weights.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "engine/core/context.h"
#include "engine/ops/linear.h"
#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"

namespace diptych::testing {

inline std::vector<float> random_values(int64_t count, uint32_t seed, float deviation = 1.0f) {
  std::mt19937 source(seed);
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(source);
  return values;
}

inline Tensor tensor_of(Context& ctx, const Shape& shape, const std::vector<float>& values) {
  Tensor tensor = ctx.output(shape);
  std::copy(values.begin(), values.end(), tensor.data<float>());
  return tensor;
}

inline std::vector<float> values_of(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.elements()};
}

// A random matrix in a storage type, and the values that the stored bytes stand for.
struct StoredMatrix {
  std::vector<std::byte> bytes;
  std::vector<float> values;  // [rows, cols]
};

inline StoredMatrix stored_matrix(DType dtype, int64_t rows, int64_t cols, uint32_t seed) {
  StoredMatrix matrix{std::vector<std::byte>(dtype_bytes(dtype, rows * cols)), random_values(rows * cols, seed, 0.05f)};
  if (is_quantized(dtype)) {
    quantize_row(dtype, matrix.values.data(), matrix.bytes.data(), rows * cols);
  } else if (dtype == DType::f32) {
    std::copy_n(reinterpret_cast<const std::byte*>(matrix.values.data()), matrix.bytes.size(), matrix.bytes.begin());
  } else {
    auto* halves = reinterpret_cast<uint16_t*>(matrix.bytes.data());
    for (size_t i = 0; i < matrix.values.size(); ++i) {
      halves[i] = dtype == DType::f16 ? f32_to_f16(matrix.values[i]) : f32_to_bf16(matrix.values[i]);
    }
  }
  dequantize_row(dtype, matrix.bytes.data(), matrix.values.data(), rows * cols);
  return matrix;
}

}  // namespace diptych::testing
