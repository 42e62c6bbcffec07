// The splitting patterns behind the names in tokenizer.ggml.pre.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

struct GgufPattern {
  std::vector<std::string> patterns;  // applied one after the other, in Oniguruma's dialect
  bool ignore_merges = false;
  bool byte_level = true;       // false: raw UTF-8 with "▁" for spaces and <0xNN> for unknown characters
  std::optional<bool> add_bos;  // the model's habit where the file does not say
};

// nullopt: an unknown name.
std::optional<GgufPattern> gguf_pattern(std::string_view name);

}  // namespace diptych
