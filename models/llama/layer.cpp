#include "models/llama/layer.h"

#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"

namespace diptych::models {
namespace {

using Parts = std::vector<DecoderWeights::Part>;

constexpr LayerName fused_qkv{"attn_qkv", "self_attn.qkv_proj"};
constexpr LayerName fused_gate_up{"ffn_up", "mlp.gate_up_proj"};

Parts qkv_parts(const DecoderConfig& c, bool fused) {
  if (fused) return {{fused_qkv, c.q_rows() + 2 * c.kv_rows()}};
  return {{names::q, c.q_rows()}, {names::k, c.kv_rows()}, {names::v, c.kv_rows()}};
}

Parts gate_up_parts(const DecoderConfig& c, bool fused) {
  if (fused) return {{fused_gate_up, 2 * c.intermediate}};
  return {{names::gate, c.intermediate}, {names::up, c.intermediate}};
}

}  // namespace

LlamaLayer::LlamaLayer(DecoderWeights& weights, const DecoderConfig& c, int64_t i, int64_t sliding_window, bool fused)
    : config(c),
      index(i),
      window(sliding_window),
      attention_norm(weights.norm(names::attention_norm, i, c.hidden)),
      qkv(weights.fine_linear(qkv_parts(c, fused), i, c.hidden)),
      output(weights.fine_linear({{names::attention_output, c.hidden}}, i, c.q_rows())),
      mlp_norm(weights.norm(names::mlp_norm, i, c.hidden)),
      gate_up(weights.linear(gate_up_parts(c, fused), i, c.hidden)),
      down(weights.linear({{names::down, c.hidden}}, i, c.intermediate)) {}

Tensor LlamaLayer::forward(Context& ctx, const Tensor& x, const DecoderStep& step) const {  // x [tokens, hidden]
  Tensor h = rms_norm(ctx, x, attention_norm, config.norm_eps);                             // [tokens, hidden]
  auto [q, k, v] = split_heads(linear(ctx, h, qkv), config);  // [tokens, heads | kv_heads, head_dim]
  q = rope(ctx, q, step.angles[0]);
  k = rope(ctx, k, step.angles[0]);
  Tensor a = attention(ctx, q, attend_to(ctx, step.cache, index, step.batch, k, v), {.window = window});
  a = linear(ctx, step.kept(ctx, a), output);                                               // [rows, hidden]
  auto [sum, normed] = add_rms_norm(ctx, step.kept(ctx, x), a, mlp_norm, config.norm_eps);  // [rows, hidden]
  return add(ctx, sum, linear(ctx, gated_activation(ctx, linear(ctx, normed, gate_up), config.activation), down));
}

}  // namespace diptych::models
