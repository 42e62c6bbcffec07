// Root mean square normalisation (Zhang & Sennrich 2019), f32 rows.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// For rows [begin, end): y = x / sqrt(mean(x^2) + eps) * (weight + weight_offset). Strides in values; weight [cols].
// The squares are summed in a fixed number of partial sums, so a row's result does not depend on its neighbours.
void rms_norm(const float* x, int64_t x_stride, const float* weight, float weight_offset, float eps, int64_t cols,
              int64_t begin, int64_t end, float* y, int64_t y_stride);

// sum = x + y and normed = rms_norm(sum), bit for bit as the two steps apart.
void add_rms_norm(const float* x, int64_t x_stride, const float* y, int64_t y_stride, const float* weight,
                  float weight_offset, float eps, int64_t cols, int64_t begin, int64_t end, float* sum,
                  int64_t sum_stride, float* normed, int64_t normed_stride);

}  // namespace diptych::kernels::cpu
