#include "models/gemma3/gemma3.h"

#include <cmath>

#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"
#include "models/common/assemble.h"
#include "models/gemma3/config.h"

namespace diptych::models {
namespace {

constexpr LayerName post_attention_norm{"post_attention_norm", "post_attention_layernorm"};
constexpr LayerName pre_mlp_norm{"ffn_norm", "pre_feedforward_layernorm"};
constexpr LayerName post_mlp_norm{"post_ffw_norm", "post_feedforward_layernorm"};

struct Gemma3Layer final : DecoderLayer {
  Gemma3Layer(DecoderWeights& weights, const Gemma3Config& c, int64_t i)
      : config(c),
        index(i),
        window(c.windows[static_cast<size_t>(i)]),
        attention_norm(weights.norm(names::attention_norm, i, c.hidden, c.norm_offset)),
        qkv(weights.fine_linear({{names::q, c.q_rows()}, {names::k, c.kv_rows()}, {names::v, c.kv_rows()}}, i,
                                c.hidden)),
        q_norm(weights.norm(names::q_norm, i, c.head_dim, c.norm_offset)),
        k_norm(weights.norm(names::k_norm, i, c.head_dim, c.norm_offset)),
        output(weights.fine_linear({{names::attention_output, c.hidden}}, i, c.q_rows())),
        after_attention_norm(weights.norm(post_attention_norm, i, c.hidden, c.norm_offset)),
        mlp_norm(weights.norm(pre_mlp_norm, i, c.hidden, c.norm_offset)),
        gate_up(weights.linear({{names::gate, c.intermediate}, {names::up, c.intermediate}}, i, c.hidden)),
        down(weights.linear({{names::down, c.hidden}}, i, c.intermediate)),
        after_mlp_norm(weights.norm(post_mlp_norm, i, c.hidden, c.norm_offset)) {}

  Tensor forward(Context& ctx, const Tensor& x, const DecoderStep& step) const override {  // x [tokens, hidden]
    const float eps = config.norm_eps;
    const RopeAngles& angles = step.angles[window > 0 ? 1 : 0];
    Tensor h = rms_norm(ctx, x, attention_norm, eps);           // [tokens, hidden]
    auto [q, k, v] = split_heads(linear(ctx, h, qkv), config);  // [tokens, heads | kv_heads, head_dim]
    q = rope(ctx, rms_norm(ctx, q, q_norm, eps), angles);
    k = rope(ctx, rms_norm(ctx, k, k_norm, eps), angles);
    Tensor a = attention(ctx, q, attend_to(ctx, step.cache, index, step.batch, k, v),
                         {.scale = config.attention_scale, .window = window});
    a = rms_norm(ctx, linear(ctx, step.kept(ctx, a), output), after_attention_norm, eps);  // [rows, hidden]
    auto [sum, normed] = add_rms_norm(ctx, step.kept(ctx, x), a, mlp_norm, eps);           // [rows, hidden]
    Tensor m =
        linear(ctx, gated_activation(ctx, linear(ctx, normed, gate_up), config.activation), down);  // [rows, hidden]
    return add(ctx, sum, rms_norm(ctx, m, after_mlp_norm, eps));
  }

  Gemma3Config config;
  int64_t index, window;
  Tensor attention_norm;        // [hidden]
  Linear qkv;                   // [(heads + 2 kv_heads) * head_dim, hidden]
  Tensor q_norm, k_norm;        // [head_dim]
  Linear output;                // [hidden, heads * head_dim]
  Tensor after_attention_norm;  // [hidden]
  Tensor mlp_norm;              // [hidden]
  Linear gate_up;               // [2 intermediate, hidden]
  Linear down;                  // [hidden, intermediate]
  Tensor after_mlp_norm;        // [hidden]
};

}  // namespace

std::unique_ptr<CausalLm> load_gemma3(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  DecoderWeights weights(ctx, source, options);
  const Gemma3Config config = gemma3_config(source, weights.loader());
  DecoderParts parts = assemble(
      weights, config, "gemma3", [&](int64_t i) { return std::make_unique<Gemma3Layer>(weights, config, i); },
      config.norm_offset);
  parts.embedding_scale = std::sqrt(static_cast<float>(config.hidden));
  parts.ropes = {config.global_rope, config.local_rope};
  parts.output.softcap = config.logit_softcap;
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
