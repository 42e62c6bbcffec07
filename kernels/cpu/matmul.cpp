#include "kernels/cpu/matmul.h"

#include <cassert>
#include <cstring>
#include <vector>

#include "kernels/cpu/activation_block.h"
#include "kernels/cpu/dequantize.h"

namespace diptych::kernels::cpu {

int64_t tile_rows() {
  return 16;
}

size_t packed_bytes(DType type, int64_t rows, int64_t cols) {
  return static_cast<size_t>(rows) * dtype_bytes(type, cols);
}

void pack_rows(DType type, const std::byte* source, int64_t, int64_t cols, int64_t begin, int64_t end,
               std::byte* packed) {
  const size_t row = dtype_bytes(type, cols), first = static_cast<size_t>(begin) * row;
  std::memcpy(packed + first, source + first, static_cast<size_t>(end - begin) * row);
}

void gather_packed_rows(DType type, const std::byte* packed, int64_t, int64_t cols, const int32_t* ids, int64_t begin,
                        int64_t end, float* out, int64_t out_stride) {
  for (int64_t i = begin; i < end; ++i) {
    dequantize(type, packed + static_cast<size_t>(ids[i]) * dtype_bytes(type, cols), cols, out + i * out_stride);
  }
}

void matmul(DType type, const std::byte* packed, int64_t, int64_t cols, const std::byte* prepared, int64_t tokens,
            int64_t row_begin, int64_t row_end, const float* bias, float* y, int64_t y_stride) {
  std::vector<float> row(static_cast<size_t>(cols));
  const size_t row_bytes = activation_bytes(type, cols);
  for (int64_t r = row_begin; r < row_end; ++r) {
    dequantize(type, packed + static_cast<size_t>(r) * dtype_bytes(type, cols), cols, row.data());
    for (int64_t t = 0; t < tokens; ++t) {
      float partial[16] = {};
      if (is_quantized(type)) {
        const auto* blocks = reinterpret_cast<const ActivationBlock*>(prepared + static_cast<size_t>(t) * row_bytes);
        for (int64_t b = 0; b < cols / 32; ++b) {
          for (int i = 0; i < 32; ++i) {
            partial[i % 16] +=
                row[static_cast<size_t>(32 * b + i)] * static_cast<float>(blocks[b].values[i]) * blocks[b].scale;
          }
        }
      } else {
        const float* x = reinterpret_cast<const float*>(prepared) + t * cols;
        for (int64_t c = 0; c < cols; ++c) partial[c % 16] += row[static_cast<size_t>(c)] * x[c];
      }
      float sum = 0;
      for (const float value : partial) sum += value;
      y[t * y_stride + r] = bias != nullptr ? sum + bias[r] : sum;
    }
  }
}

}  // namespace diptych::kernels::cpu
