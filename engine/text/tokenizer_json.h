// Hugging Face's tokenizer.json.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/text/pipeline_tokenizer.h"

namespace diptych {

// All that tokenizer.json itself says; `path` is for messages. Error (invalid_file, unsupported).
TokenizerParts parse_tokenizer_json(const nlohmann::json& root, const std::string& path);

// Byte-pair merging may be cut in front of each "▁" where no merge joins another character with a "▁" behind it.
bool ends_with_marker(std::string_view text);
bool starts_with_marker(std::string_view text);

}  // namespace diptych
