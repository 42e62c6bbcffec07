// Attention without a softmax, linear in the number of tokens (Katharopoulos et al. 2020), with ReLU as its feature map
// as Sana has it (Xie et al. 2024).
#pragma once

#include "engine/core/context.h"
#include "engine/ops/joint_attention.h"

namespace diptych {

// q, k, v [rows * tokens, heads, head_dim] of one stream, all given (tokens and heads may be strided) -> [rows *
// tokens, heads * head_dim]: r(q) S / (r(q) z + 1e-15), where S sums r(k)^T v and z sums r(k) over the tokens of a row
// and r is ReLU.
Tensor relu_linear_attention(Context& ctx, const AttentionStream& stream, int64_t rows);

inline constexpr int64_t linear_attention_chunk = 256;  // tokens that are summed one by one; then their sums are

}  // namespace diptych
