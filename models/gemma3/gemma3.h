// Gemma 3, text (Gemma Team 2025).
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_gemma3(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
