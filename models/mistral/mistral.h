// Mistral 7B (Jiang et al. 2023): Llama's layer with a sliding window. Hugging Face folders; converters write GGUF
// files of it as "llama".
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_mistral(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
