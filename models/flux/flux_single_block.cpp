#include "models/flux/flux_single_block.h"

#include "engine/core/recompute.h"
#include "engine/ops/activation.h"
#include "engine/ops/join.h"

namespace diptych::models {

FluxSingleBlock::FluxSingleBlock(WeightLoader& weights, const std::string& name, int64_t heads, int64_t head_dim) {
  const int64_t width = heads * head_dim;
  const std::string a = name + "attn.";
  norm = weights.linear({{name + "norm.linear", 3 * width}}, width);
  const HeadForm form{.heads = heads, .head_dim = head_dim, .norm_width = head_dim};
  attention = Projection(weights, {a + "to_q", a + "to_k", a + "to_v", a + "norm_q", a + "norm_k"}, width, form);
  mlp = weights.linear({{name + "proj_mlp", 4 * width}}, width);
  output = weights.linear({{name + "proj_out", width}}, 5 * width);
}

Tensor FluxSingleBlock::forward(Context& ctx, const Tensor& x, const Tensor& condition,
                                const RopeAngles& angles) const {
  return recomputed(ctx, x, [this, condition, angles](Context& c, const Tensor& input) {
    return compute(c, input, condition, angles);
  });
}

Tensor FluxSingleBlock::compute(Context& ctx, const Tensor& x, const Tensor& condition,
                                const RopeAngles& angles) const {
  const Modulation m = modulation(ctx, condition, norm, x.dim(1));
  const Tensor h = layer_norm_modulate(ctx, x, m[1], m[0], 1e-6f);                             // [tokens, width]
  const Tensor a = self_attention(ctx, attention.forward(ctx, h, &angles), condition.dim(0));  // [tokens, width]
  const Tensor wide = activate(ctx, linear(ctx, h, mlp), Activation::gelu_tanh);               // [tokens, 4 width]
  return gated_add(ctx, x, m[2], linear(ctx, concat(ctx, a, wide, 1), output));                // [tokens, width]
}

}  // namespace diptych::models
