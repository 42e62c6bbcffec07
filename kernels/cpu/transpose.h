// Matrices turned: rows become columns.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// Columns [begin, end) of x [rows, cols], whose rows are x_stride values apart, become rows [begin, end) of y, y_stride
// apart. They may not overlap.
void transpose(const float* x, int64_t x_stride, int64_t rows, int64_t begin, int64_t end, float* y, int64_t y_stride);

}  // namespace diptych::kernels::cpu
