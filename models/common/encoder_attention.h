// Self-attention of encoders over texts of equal length, without a cache.
#pragma once

#include "engine/model/text_encoder.h"
#include "engine/ops/attention.h"
#include "engine/ops/linear.h"

namespace diptych::models {

// qkv [rows * columns, 3 * heads * head_dim] -> [rows * columns, heads * head_dim]
Tensor self_attention(Context& ctx, const Tensor& qkv, int64_t heads, const TextBatch& texts,
                      const AttentionOptions& options);

}  // namespace diptych::models
