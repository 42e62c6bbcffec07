#include "models/qwen3/qwen3.h"

#include <optional>

#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"
#include "models/common/assemble.h"
#include "models/common/rope_scaling.h"
#include "models/common/windows.h"
#include "models/qwen3/experts.h"

namespace diptych::models {
namespace {

struct Qwen3Layer final : DecoderLayer {
  Qwen3Layer(DecoderWeights& weights, const DecoderConfig& c, const ExpertsConfig& mixture, int64_t i,
             int64_t sliding_window)
      : config(c),
        index(i),
        window(sliding_window),
        attention_norm(weights.norm(names::attention_norm, i, c.hidden)),
        qkv(weights.fine_linear({{names::q, c.q_rows()}, {names::k, c.kv_rows()}, {names::v, c.kv_rows()}}, i,
                                c.hidden)),
        q_norm(weights.norm(names::q_norm, i, c.head_dim)),
        k_norm(weights.norm(names::k_norm, i, c.head_dim)),
        output(weights.fine_linear({{names::attention_output, c.hidden}}, i, c.q_rows())),
        mlp_norm(weights.norm(names::mlp_norm, i, c.hidden)) {
    if (mixture.in_layer(i)) {
      experts.emplace(weights, c, mixture, i);
      return;
    }
    gate_up = weights.linear({{names::gate, c.intermediate}, {names::up, c.intermediate}}, i, c.hidden);
    down = weights.linear({{names::down, c.hidden}}, i, c.intermediate);
  }

  Tensor forward(Context& ctx, const Tensor& x, const DecoderStep& step) const override {  // x [tokens, hidden]
    Tensor h = rms_norm(ctx, x, attention_norm, config.norm_eps);                          // [tokens, hidden]
    auto [q, k, v] = split_heads(linear(ctx, h, qkv), config);  // [tokens, heads | kv_heads, head_dim]
    q = rope(ctx, rms_norm(ctx, q, q_norm, config.norm_eps), step.angles[0]);
    k = rope(ctx, rms_norm(ctx, k, k_norm, config.norm_eps), step.angles[0]);
    Tensor a = attention(ctx, q, attend_to(ctx, step.cache, index, step.batch, k, v), {.window = window});
    a = linear(ctx, step.kept(ctx, a), output);                                               // [rows, hidden]
    auto [sum, normed] = add_rms_norm(ctx, step.kept(ctx, x), a, mlp_norm, config.norm_eps);  // [rows, hidden]
    if (experts) return add(ctx, sum, experts->forward(ctx, normed));
    return add(ctx, sum, linear(ctx, gated_activation(ctx, linear(ctx, normed, gate_up), config.activation), down));
  }

  DecoderConfig config;
  int64_t index, window;
  Tensor attention_norm;           // [hidden]
  Linear qkv;                      // [(heads + 2 kv_heads) * head_dim, hidden]
  Tensor q_norm, k_norm;           // [head_dim]
  Linear output;                   // [hidden, heads * head_dim]
  Tensor mlp_norm;                 // [hidden]
  Linear gate_up;                  // [2 intermediate, hidden], or none
  Linear down;                     // [hidden, intermediate], or none
  std::optional<Experts> experts;  // in place of both
};

}  // namespace

std::unique_ptr<CausalLm> load_qwen3(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  DecoderConfig config = decoder_config(source, {.head_dim = 128, .context_length = 32768, .mixture = true});
  std::vector<int64_t> windows(static_cast<size_t>(config.layers), 0);
  if (source.hf) windows = windows_of_hf(HfConfig(source), config.layers);
  for (const int64_t window : windows) config.sliding_window = std::max(config.sliding_window, window);
  DecoderWeights weights(ctx, source, options);
  const Rope rope = source.gguf ? rope_of_gguf(GgufConfig(source), weights.loader(), config.head_dim, RopeStyle::half)
                                : rope_of_hf(HfConfig(source), config.head_dim);
  const ExpertsConfig mixture = experts_config(source, config.layers);
  DecoderParts parts = assemble(weights, config, mixture.experts > 0 ? "qwen3_moe" : "qwen3", [&](int64_t i) {
    return std::make_unique<Qwen3Layer>(weights, config, mixture, i, windows[static_cast<size_t>(i)]);
  });
  parts.ropes = {rope};
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
