// Qwen3 (Yang et al. 2025), dense or with experts: Llama's layer with a norm on every query and key head.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_qwen3(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
