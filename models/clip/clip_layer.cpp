#include "models/clip/clip_layer.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"
#include "models/common/encoder_attention.h"

namespace diptych::models {

ClipLayer::ClipLayer(WeightLoader& weights, const std::string& name, const ClipLayerSizes& layer_sizes)
    : sizes(layer_sizes),
      norm1_weight(weights.vector(name + "layer_norm1.weight", sizes.hidden)),
      norm1_bias(weights.vector(name + "layer_norm1.bias", sizes.hidden)),
      qkv(weights.linear({{name + "self_attn.q_proj", sizes.hidden},
                          {name + "self_attn.k_proj", sizes.hidden},
                          {name + "self_attn.v_proj", sizes.hidden}},
                         sizes.hidden)),
      output(weights.linear({{name + "self_attn.out_proj", sizes.hidden}}, sizes.hidden)),
      norm2_weight(weights.vector(name + "layer_norm2.weight", sizes.hidden)),
      norm2_bias(weights.vector(name + "layer_norm2.bias", sizes.hidden)),
      fc1(weights.linear({{name + "mlp.fc1", sizes.intermediate}}, sizes.hidden)),
      fc2(weights.linear({{name + "mlp.fc2", sizes.hidden}}, sizes.intermediate)) {}

Tensor ClipLayer::forward(Context& ctx, const Tensor& x, const TextBatch& rows,
                          const AttentionOptions& attention) const {                  // x [tokens, hidden]
  Tensor h = layer_norm(ctx, x, norm1_weight, norm1_bias, sizes.norm_eps);            // [tokens, hidden]
  Tensor a = self_attention(ctx, linear(ctx, h, qkv), sizes.heads, rows, attention);  // [tokens, hidden]
  a = add(ctx, x, linear(ctx, a, output));                                            // [tokens, hidden]
  h = layer_norm(ctx, a, norm2_weight, norm2_bias, sizes.norm_eps);                   // [tokens, hidden]
  return add(ctx, a, linear(ctx, activate(ctx, linear(ctx, h, fc1), sizes.activation), fc2));
}

}  // namespace diptych::models
