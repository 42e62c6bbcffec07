#include "kernels/cpu/pack_transposed.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/cpu/matmul.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/turn_tile.h"

namespace diptych::kernels::cpu {

void pack_columns(const float* x, int64_t x_stride, int64_t n, int64_t begin, int64_t end, int64_t depth,
                  float* packed) {
  const int64_t whole = n / tile * tile, rest = n - whole;
  for (int64_t k = begin; k < end; ++k) {
    const float* row = x + k * x_stride;
    float* target = packed + k * tile;
    for (int64_t c = 0; c < whole; c += tile, target += depth * tile) {
      std::memcpy(target, row + c, static_cast<size_t>(tile) * sizeof(float));
    }
    if (rest == 0) continue;
    std::fill_n(std::copy_n(row + whole, rest, target), tile - rest, 0.0f);
  }
}

void pack_transposed(DType type, const std::byte* weight, int64_t rows, int64_t cols, int64_t first, int64_t begin,
                     int64_t end, int64_t depth, float* packed) {
  static thread_local std::vector<float> values;  // [tile, cols]
  values.resize(static_cast<size_t>(tile * cols));
  int32_t ids[tile];
  for (int64_t k = begin; k < end; k += tile) {
    const int64_t count = std::min(tile, end - k);
    if (!is_quantized(type) && (first + k) % tile == 0) {
      const size_t tile_bytes = packed_tile_bytes(type, cols);
      turn_tile(type, weight + static_cast<size_t>((first + k) / tile) * tile_bytes, cols, count, depth * tile,
                packed + k * tile);
      continue;
    }
    std::iota(ids, ids + count, static_cast<int32_t>(first + k));
    gather_packed_rows(type, weight, rows, cols, ids, 0, count, values.data(), cols);
    pack_columns(values.data(), cols, cols, 0, count, depth, packed + k * tile);
  }
}

}  // namespace diptych::kernels::cpu
