#include <algorithm>
#include <cassert>
#include <cmath>

#include "kernels/cpu/activation_block.h"
#include "kernels/cpu/matmul.h"

namespace diptych::kernels::cpu {
namespace {

void prepare_block(const float* x, ActivationBlock& block) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::abs(x[i]));
  block.scale = largest / 127;
  const float inverse = largest > 0 ? 127 / largest : 0;
  int32_t sum[2] = {};
  for (int i = 0; i < 32; ++i) {
    block.values[i] = static_cast<int8_t>(std::nearbyint(x[i] * inverse));
    sum[i / 16] += block.values[i];
  }
  const int32_t all = sum[0] + sum[1];
  block.scaled_sum = block.scale * static_cast<float>(all);
  block.start_8 = -8 * all;
  block.start_16 = -16 * all;
  block.start_128 = -128 * all;
  block.start_32_low = -32 * sum[0];
  block.start_32_high = -32 * sum[1];
  block.unused = 0;
}

}  // namespace

ActivationFormat activation_format(DType type) {
  return is_quantized(type) ? ActivationFormat::int8_blocks : ActivationFormat::f32;
}

size_t activation_bytes(DType type, int64_t cols) {
  return is_quantized(type) ? static_cast<size_t>(cols / 32) * sizeof(ActivationBlock)
                            : static_cast<size_t>(cols) * sizeof(float);
}

void prepare_activations(DType type, const float* x, int64_t x_stride, int64_t cols, int64_t begin, int64_t end,
                         std::byte* out) {
  const size_t row_bytes = activation_bytes(type, cols);
  for (int64_t r = begin; r < end; ++r) {
    std::byte* row = out + static_cast<size_t>(r) * row_bytes;
    if (!is_quantized(type)) {
      std::copy_n(x + r * x_stride, cols, reinterpret_cast<float*>(row));
      continue;
    }
    auto* blocks = reinterpret_cast<ActivationBlock*>(row);
    for (int64_t b = 0; b < cols / 32; ++b) prepare_block(x + r * x_stride + 32 * b, blocks[b]);
  }
}

}  // namespace diptych::kernels::cpu
