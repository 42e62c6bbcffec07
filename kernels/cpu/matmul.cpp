#include "kernels/cpu/matmul.h"

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

}  // namespace diptych::kernels::cpu
