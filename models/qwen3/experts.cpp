#include "models/qwen3/experts.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/experts.h"

namespace diptych::models {
namespace {

constexpr int64_t most_experts = 1 << 14;
constexpr LayerName router_name{"ffn_gate_inp", "mlp.gate"};
constexpr LayerName expert_gate{"ffn_gate_exps", "gate_proj"};
constexpr LayerName expert_up{"ffn_up_exps", "up_proj"};
constexpr LayerName expert_down{"ffn_down_exps", "down_proj"};

void read_hf_experts(const HfConfig& hf, int64_t layers, ExpertsConfig& config) {
  config.experts = hf.contains("num_experts") ? hf.extent("num_experts") : hf.extent("num_local_experts");
  config.per_token = hf.extent("num_experts_per_tok");
  config.intermediate = hf.extent("moe_intermediate_size");
  config.normalised = hf.flag("norm_topk_prob", false);
  const int64_t sparse_step = hf.extent("decoder_sparse_step", 1);
  for (int64_t i = 0; i < layers; ++i) config.dense[static_cast<size_t>(i)] = (i + 1) % sparse_step != 0;
  for (const int64_t i : hf.counts("mlp_only_layers")) {
    if (i >= layers) hf.fail("mlp_only_layers", "names a layer that there is not");
    config.dense[static_cast<size_t>(i)] = true;
  }
}

}  // namespace

ExpertsConfig experts_config(const ModelSource& source, int64_t layers) {
  ExpertsConfig config;
  config.dense.assign(static_cast<size_t>(layers), false);
  if (source.architecture() == "qwen3moe") {
    const GgufConfig gguf(source);
    config.experts = gguf.extent("expert_count");
    config.per_token = gguf.extent("expert_used_count");
    config.intermediate = gguf.extent("expert_feed_forward_length");
  } else if (source.architecture() == "qwen3_moe") {
    read_hf_experts(HfConfig(source), layers, config);
  } else {
    return config;
  }
  if (config.per_token > config.experts || config.experts > most_experts) {
    throw Error(
        ErrorCategory::invalid_file, "cannot load model", source.path.string(),
        "each token goes to " + std::to_string(config.per_token) + " of " + std::to_string(config.experts) + " experts",
        "the file is damaged: download it again");
  }
  return config;
}

Experts::Experts(DecoderWeights& weights, const DecoderConfig& config, const ExpertsConfig& c, int64_t index)
    : per_token(c.per_token),
      normalised(c.normalised),
      activation(config.activation),
      router(weights.fine_linear({{router_name, c.experts}}, index, config.hidden)) {
  for (int64_t e = 0; e < c.experts; ++e) {
    gate_up.push_back(weights.expert_linear({{expert_gate, c.intermediate}, {expert_up, c.intermediate}}, index, e,
                                            c.experts, config.hidden));
    down.push_back(weights.expert_linear({{expert_down, config.hidden}}, index, e, c.experts, c.intermediate));
  }
}

Tensor Experts::forward(Context& ctx, const Tensor& x) const {
  const ExpertRouting routing = route(ctx, linear(ctx, x, router), per_token, normalised);
  Tensor h = gather_rows(ctx, x, routing.rows);                                 // [choices, hidden]
  h = expert_linear(ctx, h, gate_up, routing);                                  // [choices, 2 intermediate]
  h = expert_linear(ctx, gated_activation(ctx, h, activation), down, routing);  // [choices, hidden]
  return combine_experts(ctx, h, routing);                                      // [tokens, hidden]
}

}  // namespace diptych::models
