// Tiles of packed weights turned: what was 16 rows becomes 16 columns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

// Columns [0, columns) of one tile of a packed weight in f32, f16 or bf16, [columns][16 rows], as f32. Each 16 of them,
// zeros where fewer are left, become a block [rows][16 columns] of the first `rows` rows; blocks stand `stride` floats
// apart.
void turn_tile(DType type, const std::byte* tile_columns, int64_t columns, int64_t rows, int64_t stride, float* turned);

}  // namespace diptych::kernels::cpu
