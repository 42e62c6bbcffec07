// The gradients of group norm (group_norm.h) with an activation behind it, in two passes over the pixels: sums of what
// each channel gets, then what that means for each value.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// One row's channels: normed values are x * scale + offset, the result is act(normed * weight + bias).
struct GroupNormBackward {
  int64_t channels;
  const float* scale;   // [channels], the same within a group
  const float* offset;  // [channels]
  const float* weight;  // [channels]
  const float* bias;    // [channels]
  bool silu;
};

// Over `pixels` pixels, added to sums [3, channels]: of the gradient in front of the activation, of its product with
// the normed values, and of those.
void group_norm_gradient_sums(const GroupNormBackward& norm, const float* x, const float* dy, int64_t pixels,
                              float* sums);

// dx += scale * (weight * gradient - level - normed * pull), with level and pull [channels], the same within a group.
void group_norm_gradients(const GroupNormBackward& norm, const float* x, const float* dy, int64_t pixels,
                          const float* level, const float* pull, float* dx);

}  // namespace diptych::kernels::cpu
