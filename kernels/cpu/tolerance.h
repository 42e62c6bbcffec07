// How far a kernel may be from its plain twin in double: bounds derived from the number of roundings, for tests.
//
// A chain of n multiply-adds on values whose absolute products sum to m is off by at most n * (epsilon / 2) * m
// (Higham 2002, section 3.1); kernels that sum in several chains are better than the one chain assumed here.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

inline constexpr double half_epsilon = std::numeric_limits<float>::epsilon() / 2.0;

// `magnitude`: the sum of |w| |x|; for block types with each |w| replaced by its block's largest, as levels and
// minimums are summed apart. The rounding of activations to 8 bits is not included: the twin rounds them likewise.
inline double matmul_tolerance(DType type, int64_t cols, double magnitude) {
  if (is_quantized(type)) {
    const double roundings = 3.0 * static_cast<double>(cols) / 16 + 4;  // scale, product and sum of each block
    return roundings * half_epsilon * 3 * magnitude;                    // |level part| + |minimum part| <= 3 |w|
  }
  return (static_cast<double>(std::min<int64_t>(cols, 512)) + std::floor(static_cast<double>(cols) / 512) + 2) *
         half_epsilon * magnitude;
}

// Softmax and the weighted sum: exp() to 2 ulp of logits that are themselves rounded, relative to the largest value.
inline double attention_tolerance(int64_t keys, int64_t head_dim, double largest_logit, double largest_value) {
  const double logit_error = static_cast<double>(head_dim + 2) * half_epsilon * largest_logit;
  return (2 * logit_error + static_cast<double>(keys + 32) * half_epsilon) * largest_value;
}

// Relative to the result.
inline double norm_tolerance(int64_t cols) {
  return (static_cast<double>(cols) / 16 + 8) * half_epsilon;
}

// `largest`: of a value times its scale, before the offset takes the mean away.
inline double group_norm_tolerance(double largest) {
  return 16 * half_epsilon * (largest + 1);
}

// Measured for 33 to 1280 channels of normal values: at most 12, at an image's corners, where a tile's roundings meet
// the few products of one pixel.
inline double winograd_tolerance(double magnitude) {
  return 32 * half_epsilon * magnitude;
}

// `largest`: of the four values that are summed.
inline double average_pool_tolerance(double largest) {
  return 3 * half_epsilon * largest;
}

// exp, tanh and what is made of them: relative to the largest intermediate.
inline constexpr double activation_tolerance = 8 * half_epsilon;

}  // namespace diptych::kernels::cpu
