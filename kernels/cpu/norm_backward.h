// The gradients of normalisations (norm.h), f32. What they come to is added to what is there.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

struct NormBackward {
  const float* x;
  int64_t x_stride;
  const float* dy;
  int64_t dy_stride;
  const float* weight;  // [cols], or null: ones
  float weight_offset;  // added to the weight: 1 where it scales by (1 + weight)
  float eps;
  int64_t cols;
  float* dx;  // null: not wanted, as the others
  int64_t dx_stride;
  float* dweight;  // [cols], summed over the rows in their order
  float* dbias;    // [cols], the same; layer norm only
};

// Rows [begin, end).
void rms_norm_backward(const NormBackward& norm, int64_t begin, int64_t end);
void layer_norm_backward(const NormBackward& norm, int64_t begin, int64_t end);

}  // namespace diptych::kernels::cpu
