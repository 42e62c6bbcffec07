// Tokenizers that are kept as vocab.json and merges.txt, as transformers wrote them before tokenizer.json: CLIP's, and
// byte pairs as of GPT-2 and Qwen2.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/io/library/hf_folder.h"

namespace diptych {

// What their tokenizer.json would say. `config`: of tokenizer_config.json, which names the class. Error: unsupported
// for other classes, invalid_file.
nlohmann::json vocab_tokenizer_json(const HfFolder& folder, const nlohmann::json& config);

}  // namespace diptych
