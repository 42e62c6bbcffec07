// The most likely continuation of several prompts at once, through the paged KV cache in f32.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/evaluate.h"

namespace diptych::golden {

// `steps` tokens per prompt, whatever they are: no token ends a continuation.
std::vector<std::vector<int32_t>> greedy(Context& ctx, const CausalLm& model, const PromptRows& prompts, int64_t steps);

}  // namespace diptych::golden
