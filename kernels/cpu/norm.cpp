#include "kernels/cpu/norm.h"

#include <cmath>

namespace diptych::kernels::cpu {
namespace {

float inverse_rms(const float* x, int64_t cols, float eps) {
  float partial[16] = {};
  int64_t c = 0;
  for (; c + 16 <= cols; c += 16) {
    for (int i = 0; i < 16; ++i) partial[i] += x[c + i] * x[c + i];
  }
  for (int i = 0; c < cols; ++c, ++i) partial[i] += x[c] * x[c];
  double squares = 0;
  for (const float value : partial) squares += static_cast<double>(value);
  return static_cast<float>(1 / std::sqrt(squares / static_cast<double>(cols) + static_cast<double>(eps)));
}

}  // namespace

void rms_norm(const float* x, int64_t x_stride, const float* weight, float weight_offset, float eps, int64_t cols,
              int64_t begin, int64_t end, float* y, int64_t y_stride) {
  for (int64_t r = begin; r < end; ++r) {
    const float* in = x + r * x_stride;
    const float factor = inverse_rms(in, cols, eps);
    for (int64_t c = 0; c < cols; ++c) y[r * y_stride + c] = in[c] * factor * (weight[c] + weight_offset);
  }
}

void add_rms_norm(const float* x, int64_t x_stride, const float* y, int64_t y_stride, const float* weight,
                  float weight_offset, float eps, int64_t cols, int64_t begin, int64_t end, float* sum,
                  int64_t sum_stride, float* normed, int64_t normed_stride) {
  for (int64_t r = begin; r < end; ++r) {
    for (int64_t c = 0; c < cols; ++c) sum[r * sum_stride + c] = x[r * x_stride + c] + y[r * y_stride + c];
  }
  rms_norm(sum, sum_stride, weight, weight_offset, eps, cols, begin, end, normed, normed_stride);
}

}  // namespace diptych::kernels::cpu
