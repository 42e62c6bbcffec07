#include "kernels/cpu/matmul.h"

#include <algorithm>
#include <cassert>

#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"

namespace diptych::kernels::cpu {

void matmul(DType type, const std::byte* packed, [[maybe_unused]] int64_t rows, int64_t cols, const std::byte* prepared,
            int64_t tokens, int64_t row_begin, int64_t row_end, const float* bias, float* y, int64_t y_stride) {
  assert(row_begin % tile == 0 && (row_end % tile == 0 || row_end == rows) && row_end <= rows);
  const MatmulRange range{packed, cols, prepared, tokens, row_begin, row_end, bias, y, y_stride, cols};
  if (is_quantized(type)) {
    matmul_blocks(type, range);
  } else {
    matmul_plain(type, range);
  }
}

void strided_matmul(DType type, const std::byte* packed, [[maybe_unused]] int64_t rows, int64_t cols, const float* x,
                    int64_t x_stride, int64_t tokens, int64_t row_begin, int64_t row_end, float* y, int64_t y_stride,
                    bool add) {
  assert(!is_quantized(type) && row_begin % tile == 0 && (row_end % tile == 0 || row_end == rows) && row_end <= rows);
  matmul_plain(type, {packed, cols, reinterpret_cast<const std::byte*>(x), tokens, row_begin, row_end, nullptr, y,
                      y_stride, x_stride, add});
}

void regroup(const float* x, int64_t x_stride, int64_t cols, int64_t tokens, int64_t begin, int64_t end, float* out) {
  for (int64_t col = 0; col < cols; col += regrouped_columns, out += tokens * regrouped_columns) {
    const int64_t count = std::min(regrouped_columns, cols - col);
    for (int64_t token = begin; token < end; ++token) {
      float* to = out + token * regrouped_columns;
      std::copy_n(x + token * x_stride + col, count, to);
      if (count < regrouped_columns) std::fill(to + count, to + regrouped_columns, 0.0f);
    }
  }
}

void regrouped_matmul(DType type, const std::byte* packed, [[maybe_unused]] int64_t rows, int64_t cols,
                      const float* regrouped, int64_t tokens, int64_t token_begin, int64_t token_end, int64_t row_begin,
                      int64_t row_end, const float* bias, float* y, int64_t y_stride, bool add) {
  assert(!is_quantized(type) && row_begin % tile == 0 && (row_end % tile == 0 || row_end == rows) && row_end <= rows);
  MatmulRange range{packed,
                    cols,
                    reinterpret_cast<const std::byte*>(regrouped + token_begin * regrouped_columns),
                    token_end - token_begin,
                    row_begin,
                    row_end,
                    bias,
                    y,
                    y_stride,
                    regrouped_columns,
                    add};
  range.x_group = tokens * regrouped_columns;
  matmul_plain(type, range);
}

}  // namespace diptych::kernels::cpu
