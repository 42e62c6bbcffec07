// The two families of matmul kernels behind matmul(), and what they are called with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

struct MatmulRange {
  const std::byte* packed;  // the whole matrix
  int64_t cols;
  const std::byte* x;  // prepared activations, `tokens` rows
  int64_t tokens;
  int64_t row_begin, row_end;
  const float* bias;  // or null
  float* y;
  int64_t y_stride;
  int64_t x_stride = 0;     // plain types: values from row to row of x
  bool accumulate = false;  // plain types: added to what y holds, in place of the bias
  int64_t x_group = 0;      // plain types, where x is regrouped: values from 64 columns to the next; x_stride is 64
};

void matmul_blocks(DType type, const MatmulRange& range);  // block types
void matmul_plain(DType type, const MatmulRange& range);   // f32, f16, bf16

}  // namespace diptych::kernels::cpu
