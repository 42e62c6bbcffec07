// Gemma 2 (Gemma Team 2024): windows in every second layer, and caps on the scores of attention and on the logits.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_gemma2(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
