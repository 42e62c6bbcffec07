// Which tokens a Hugging Face folder calls its special ones.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace diptych {

struct HfFolder;

// Texts by role: "bos_token", "eos_token", "unk_token", "pad_token", …; further ones under "additional".
struct SpecialTokens {
  std::vector<std::pair<std::string, std::string>> by_role;  // role, text
  std::vector<std::string> additional;

  std::string text(std::string_view role) const;  // "" where there is none
};

// From tokenizer_config.json, then special_tokens_map.json for what the first leaves out.
SpecialTokens read_special_tokens(const HfFolder& folder);
nlohmann::json read_tokenizer_config(const HfFolder& folder);  // an object, empty where the file is missing

}  // namespace diptych
