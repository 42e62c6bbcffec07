// Transposed matrices in the packed layout of f32 weights (matmul.h), made while they are used: what gradients are
// multiplied by.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

// Rows [begin, end) of x [depth, n], x_stride values apart, become columns of the packed f32 weight [n, depth].
void pack_columns(const float* x, int64_t x_stride, int64_t n, int64_t begin, int64_t end, int64_t depth,
                  float* packed);

// Rows first + [begin, end) of a packed weight of any type become columns [begin, end) of the packed f32 weight
// [cols, depth].
void pack_transposed(DType type, const std::byte* weight, int64_t rows, int64_t cols, int64_t first, int64_t begin,
                     int64_t end, int64_t depth, float* packed);

}  // namespace diptych::kernels::cpu
