// Llama 2 and 3, and what was made after them (SmolLM2, TinyLlama, …).
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_llama(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
