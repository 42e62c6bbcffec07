// The gradients of attention (Dao et al. 2022, appendix B.2). Probabilities are computed again from q and k, for as
// many queries at a time as leave their rows of scores in the caches; no matrix of all scores is ever held.
#pragma once

#include <cstdint>

#include "kernels/cpu/attention.h"

namespace diptych::kernels::cpu {

// Rows of f32 values, `stride` values apart, [heads, head_dim] each.
struct HeadRows {
  const float* data;
  int64_t stride;
};
struct HeadGradients {
  float* data;  // null: not wanted
  int64_t stride;
};

struct AttentionBackward {
  AttentionParams params;  // a bias is taken as given: it gets no gradient
  int kv_heads = 1, head_dim = 1;
  int64_t queries = 0, first_position = 0;  // query i stands at first_position + i
  int64_t keys = 0;                         // key j stands at j
  HeadRows q, k, v, dy;                     // dy: gradient of the result, [heads, head_dim] per query
  HeadGradients dq, dk, dv;                 // what is added to
};

// kv heads [begin, end). Distinct heads write distinct values and may be computed side by side; within one, queries are
// taken in order, so that sums do not depend on threads.
void attention_backward(const AttentionBackward& work, int begin, int end);

}  // namespace diptych::kernels::cpu
