// Normalisations of f32 rows: root mean square (Zhang & Sennrich 2019) and layer norm (Ba et al. 2016).
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

// y = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias, the variance of the population. weight and bias [cols]
// or null: ones, zeros. Mean and variance are taken one after the other, which cancels nothing.
void layer_norm(const float* x, int64_t x_stride, const float* weight, const float* bias, float eps, int64_t cols,
                int64_t begin, int64_t end, float* y, int64_t y_stride);

// Layer norm without parameters, then (1 + scale) and + shift, both [cols]: how a condition enters a diffusion
// transformer (Peebles & Xie 2023, "adaLN").
void layer_norm_modulate(const float* x, int64_t x_stride, const float* scale, const float* shift, float eps,
                         int64_t cols, int64_t begin, int64_t end, float* y, int64_t y_stride);

}  // namespace diptych::kernels::cpu
