#include "models/common/attention_layers.h"

#include <array>

namespace diptych::models {

SelfAttention::SelfAttention(WeightLoader& weights, const std::string& name, int64_t heads, int64_t head_dim)
    : projection(weights, {name + ".to_q", name + ".to_k", name + ".to_v", "", ""}, heads * head_dim, heads, head_dim),
      output(weights.linear({{name + ".to_out.0", heads * head_dim}}, heads * head_dim)) {}

Tensor SelfAttention::forward(Context& ctx, const Tensor& x, int64_t rows) const {
  return linear(ctx, self_attention(ctx, projection.forward(ctx, x), rows), output);
}

CrossAttention::CrossAttention(WeightLoader& weights, const std::string& name, int64_t width, int64_t heads,
                               int64_t head_dim, int64_t text_width)
    : q(weights.linear({{name + ".to_q", heads * head_dim}}, width)),
      projection(weights, {"", name + ".to_k", name + ".to_v", "", ""}, text_width, heads, head_dim),
      output(weights.linear({{name + ".to_out.0", width}}, heads * head_dim)) {}

Tensor CrossAttention::forward(Context& ctx, const Tensor& x, const Tensor& text, int64_t rows,
                               std::span<const int64_t> lengths) const {
  const std::array<AttentionStream, 2> streams{AttentionStream{linear(ctx, x, q).split_last(projection.heads), {}, {}},
                                               projection.forward(ctx, text)};
  return linear(ctx, joint_attention(ctx, streams, rows, lengths)[0], output);
}

}  // namespace diptych::models
