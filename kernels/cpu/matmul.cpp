#include "kernels/cpu/matmul.h"

#include <cassert>

#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"

namespace diptych::kernels::cpu {

void matmul(DType type, const std::byte* packed, [[maybe_unused]] int64_t rows, int64_t cols, const std::byte* prepared,
            int64_t tokens, int64_t row_begin, int64_t row_end, const float* bias, float* y, int64_t y_stride) {
  assert(row_begin % tile == 0 && (row_end % tile == 0 || row_end == rows) && row_end <= rows);
  const MatmulRange range{packed, cols, prepared, tokens, row_begin, row_end, bias, y, y_stride};
  if (is_quantized(type)) {
    matmul_blocks(type, range);
  } else {
    matmul_plain(type, range);
  }
}

}  // namespace diptych::kernels::cpu
