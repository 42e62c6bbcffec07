#include "models/sana/sana_block.h"

#include "engine/ops/activation.h"
#include "engine/ops/linear_attention.h"
#include "models/common/table_modulation.h"

namespace diptych::models {
namespace {

HeadForm sana_heads(const SanaConfig& c, int64_t heads, int64_t head_dim) {
  return {.heads = heads, .head_dim = head_dim, .norm_width = c.qk_norm ? heads * head_dim : 0, .norm_eps = 1e-5f};
}

}  // namespace

SanaBlock::SanaBlock(WeightLoader& weights, const std::string& name, const SanaConfig& c)
    : norm_eps_(c.norm_eps), table_(weights.values(name + "scale_shift_table", {6, c.width()})) {
  const std::string a = name + "attn1.";
  attention_ = Projection(weights, {a + "to_q", a + "to_k", a + "to_v", a + "norm_q", a + "norm_k"}, c.width(),
                          sana_heads(c, c.heads, c.head_dim));
  attention_output_ = weights.linear({{a + "to_out.0", c.width()}}, c.width());
  text_attention_ =
      CrossAttention(weights, name + "attn2", c.width(), c.width(), sana_heads(c, c.text_heads, c.text_head_dim));
  inverted_ = weights.linear({{name + "ff.conv_inverted", 2 * c.inner}}, c.width());
  depth_ = weights.conv2d(name + "ff.conv_depth",
                          {.in_channels = 2 * c.inner, .out_channels = 2 * c.inner, .groups = 2 * c.inner});
  point_ = weights.linear({{name + "ff.conv_point", c.width()}}, c.inner);
}

Tensor SanaBlock::feed_forward(Context& ctx, const Tensor& x, const SanaGrid& grid) const {
  Tensor h = activate(ctx, linear(ctx, x, inverted_), Activation::silu);  // [rows * patches, 2 inner]
  const int64_t channels = h.dim(1);
  h = conv2d(ctx, h.reshape({grid.rows, grid.lines, grid.columns, channels}), depth_).reshape({x.dim(0), channels});
  return linear(ctx, gated_activation_behind(ctx, h, Activation::silu), point_);  // [rows * patches, width]
}

Tensor SanaBlock::forward(Context& ctx, Tensor x, const SanaGrid& grid, const ReadText& text,
                          const Tensor& parts) const {
  const Modulation m = table_modulation(ctx, parts, table_);
  Tensor h = layer_norm_modulate(ctx, x, m[1], m[0], norm_eps_);  // [rows * patches, width]
  const Tensor a = relu_linear_attention(ctx, attention_.forward(ctx, h), grid.rows);
  x = gated_add(ctx, x, m[2], linear(ctx, a, attention_output_));
  x = add(ctx, x, text_attention_.forward(ctx, x, text, grid.rows));
  h = layer_norm_modulate(ctx, x, m[4], m[3], norm_eps_);
  return gated_add(ctx, x, m[5], feed_forward(ctx, h, grid));
}

}  // namespace diptych::models
