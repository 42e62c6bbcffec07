#include "models/common/encoder_attention.h"

namespace diptych::models {

Tensor self_attention(Context& ctx, const Tensor& qkv, int64_t heads, const TextBatch& texts,
                      const AttentionOptions& options) {
  const int64_t width = qkv.dim(1) / 3;
  const Tensor q = qkv.slice(1, 0, width).split_last(heads);  // [tokens, heads, head_dim]
  KeyValues kv{
      qkv.slice(1, width, 2 * width).split_last(heads), qkv.slice(1, 2 * width, 3 * width).split_last(heads), 0, {}};
  for (int64_t row = 0; row < texts.rows; ++row) {
    const int64_t keys = texts.lengths.empty() ? texts.columns : texts.lengths[static_cast<size_t>(row)];
    kv.sequences.push_back({.query_begin = row * texts.columns,
                            .query_end = (row + 1) * texts.columns,
                            .first_position = 0,
                            .keys = keys,
                            .blocks = {},
                            .contiguous_begin = row * texts.columns});
  }
  return attention(ctx, q, kv, options);
}

}  // namespace diptych::models
