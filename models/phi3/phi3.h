// Phi-3 and its successors (Abdin et al. 2024): Llama's layers with fused weights, windows and LongRoPE.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_phi3(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
