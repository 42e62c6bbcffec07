// Kind causal_lm: logits and hidden states of a forward, and greedy continuations with a KV cache.
#include "app/golden/greedy.h"
#include "app/golden/kinds.h"
#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "models/registry.h"

namespace diptych::golden {
namespace {

constexpr std::string_view ids_name = "input_ids";
constexpr int64_t continuation_tokens = 16;

// What belongs to one set of prompts: "short_" of "short_input_ids"; the plain set has no prefix.
TensorMap prompt_set(const TensorMap& inputs, const std::string& prefix) {
  TensorMap set;
  for (const char* name : {"input_ids", "attention_mask", "position_ids"}) {
    if (const auto found = inputs.find(prefix + name); found != inputs.end()) set[name] = found->second;
  }
  return set;
}

Tensor ids_tensor(Context& ctx, const std::vector<std::vector<int32_t>>& rows) {
  Tensor ids = ctx.output({static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows.front().size())}, DType::i64);
  int64_t* next = ids.data<int64_t>();
  for (const auto& row : rows) next = std::copy(row.begin(), row.end(), next);
  return ids;
}

}  // namespace

Result run_causal_lm(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  const auto model = registry.load_causal_lm(ctx, open_model(one.model()));
  const TensorMap inputs = one.inputs(ctx);
  TensorMap outputs;
  for (const auto& [name, tensor] : inputs) {
    if (!name.ends_with(ids_name)) continue;
    const std::string prefix = name.substr(0, name.size() - ids_name.size());
    const TensorMap set = prompt_set(inputs, prefix);
    for (auto& [output, values] : evaluate(ctx, *model, set)) outputs[prefix + output] = values;
    if (!prefix.empty()) continue;
    const PromptRows prompts = prompt_rows(set, model->info().vocab);
    outputs["greedy_ids"] = ids_tensor(ctx, greedy(ctx, *model, prompts, continuation_tokens));
  }
  return outputs;
}

}  // namespace diptych::golden
