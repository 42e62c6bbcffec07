// Qwen2 and Qwen2.5 (Yang et al. 2024): Llama's layer with biases on q, k and v, and optionally windowed upper layers.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_qwen2(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
