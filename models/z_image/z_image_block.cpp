#include "models/z_image/z_image_block.h"

#include "engine/core/recompute.h"
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/modulate.h"
#include "engine/ops/norm.h"

namespace diptych::models {

ZImageBlock::ZImageBlock(WeightLoader& weights, const std::string& name, const ZImageConfig& c, bool modulated)
    : norm_eps(c.norm_eps) {
  if (modulated) modulation = weights.linear({{name + "adaLN_modulation.0", 4 * c.width}}, c.condition_width());
  attention_norm1 = weights.vector(name + "attention_norm1.weight", c.width);
  attention_norm2 = weights.vector(name + "attention_norm2.weight", c.width);
  mlp_norm1 = weights.vector(name + "ffn_norm1.weight", c.width);
  mlp_norm2 = weights.vector(name + "ffn_norm2.weight", c.width);
  attention = SelfAttention(
      weights, name + "attention",
      {.heads = c.heads, .head_dim = c.head_dim(), .norm_width = c.qk_norm ? c.head_dim() : 0, .norm_eps = 1e-5f});
  gate_up = weights.linear({{name + "feed_forward.w1", c.inner()}, {name + "feed_forward.w3", c.inner()}}, c.width);
  down = weights.linear({{name + "feed_forward.w2", c.width}}, c.inner());
}

Tensor ZImageBlock::forward(Context& ctx, const Tensor& x, const Tensor& condition, const RopeAngles& angles) const {
  return recomputed(ctx, x, [this, condition, angles](Context& c, const Tensor& input) {
    return compute(c, input, condition, angles);
  });
}

Tensor ZImageBlock::compute(Context& ctx, const Tensor& x, const Tensor& condition, const RopeAngles& angles) const {
  const int64_t width = x.dim(1);
  const Tensor parts = modulation.blocks.empty() ? Tensor() : linear(ctx, condition, modulation);  // [1, 4 width]
  const auto part = [&](int64_t i) { return parts.slice(1, i * width, (i + 1) * width); };
  // With one image at a time a scale is as good as a weight of the norm: weight + scale * weight.
  const auto norm = [&](const Tensor& h, const Tensor& weight, int64_t scale) {
    if (!parts) return rms_norm(ctx, h, weight, norm_eps);
    const Tensor row = weight.reshape({1, width});
    return rms_norm(ctx, h, gated_add(ctx, row, part(scale), row), norm_eps);
  };
  const auto gated = [&](const Tensor& h, const Tensor& y, int64_t gate) {
    return parts ? gated_add(ctx, h, soft_cap(ctx, part(gate), 1), y) : add(ctx, h, y);  // tanh of the gate
  };
  const Tensor a = attention.forward(ctx, norm(x, attention_norm1, 0), 1, &angles);  // [tokens, width]
  const Tensor h = gated(x, rms_norm(ctx, a, attention_norm2, norm_eps), 1);
  const Tensor m = linear(ctx, swiglu(ctx, linear(ctx, norm(h, mlp_norm1, 2), gate_up)), down);  // [tokens, width]
  return gated(h, rms_norm(ctx, m, mlp_norm2, norm_eps), 3);
}

}  // namespace diptych::models
