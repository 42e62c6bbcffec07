#include "models/gemma3/layer.h"

#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"

namespace diptych::models {
namespace {

constexpr LayerName post_attention_norm{"post_attention_norm", "post_attention_layernorm"};
constexpr LayerName pre_mlp_norm{"ffn_norm", "pre_feedforward_layernorm"};
constexpr LayerName post_mlp_norm{"post_ffw_norm", "post_feedforward_layernorm"};

}  // namespace

GemmaLayer::GemmaLayer(DecoderWeights& weights, const GemmaConfig& c, int64_t i, size_t rope)
    : config(c),
      index(i),
      window(c.windows[static_cast<size_t>(i)]),
      rope_index(rope),
      attention_norm(weights.norm(names::attention_norm, i, c.hidden, c.norm_offset)),
      qkv(weights.fine_linear({{names::q, c.q_rows()}, {names::k, c.kv_rows()}, {names::v, c.kv_rows()}}, i, c.hidden)),
      q_norm(c.head_norms ? weights.norm(names::q_norm, i, c.head_dim, c.norm_offset) : Tensor()),
      k_norm(c.head_norms ? weights.norm(names::k_norm, i, c.head_dim, c.norm_offset) : Tensor()),
      output(weights.fine_linear({{names::attention_output, c.hidden}}, i, c.q_rows())),
      after_attention_norm(weights.norm(post_attention_norm, i, c.hidden, c.norm_offset)),
      mlp_norm(weights.norm(pre_mlp_norm, i, c.hidden, c.norm_offset)),
      gate_up(weights.linear({{names::gate, c.intermediate}, {names::up, c.intermediate}}, i, c.hidden)),
      down(weights.linear({{names::down, c.hidden}}, i, c.intermediate)),
      after_mlp_norm(weights.norm(post_mlp_norm, i, c.hidden, c.norm_offset)) {}

Tensor GemmaLayer::forward(Context& ctx, const Tensor& x, const DecoderStep& step) const {  // x [tokens, hidden]
  const float eps = config.norm_eps;
  const RopeAngles& angles = step.angles[rope_index];
  Tensor h = rms_norm(ctx, x, attention_norm, eps);           // [tokens, hidden]
  auto [q, k, v] = split_heads(linear(ctx, h, qkv), config);  // [tokens, heads | kv_heads, head_dim]
  if (q_norm) {
    q = rms_norm(ctx, q, q_norm, eps);
    k = rms_norm(ctx, k, k_norm, eps);
  }
  q = rope(ctx, q, angles);
  k = rope(ctx, k, angles);
  Tensor a = attention(ctx, q, attend_to(ctx, step.cache, index, step.batch, k, v),
                       {.scale = config.attention_scale, .window = window, .softcap = config.attention_softcap});
  a = rms_norm(ctx, linear(ctx, step.kept(ctx, a), output), after_attention_norm, eps);  // [rows, hidden]
  auto [sum, normed] = add_rms_norm(ctx, step.kept(ctx, x), a, mlp_norm, eps);           // [rows, hidden]
  Tensor m =
      linear(ctx, gated_activation(ctx, linear(ctx, normed, gate_up), config.activation), down);  // [rows, hidden]
  return add(ctx, sum, rms_norm(ctx, m, after_mlp_norm, eps));
}

}  // namespace diptych::models
