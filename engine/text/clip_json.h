// CLIP's way from text to tokens as tokenizer.json would say it (transformers' CLIPTokenizerFast).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace diptych {

struct ControlToken {
  std::string text;
  int64_t id;
};

// An entry of "added_tokens" that stands for itself wherever it is written.
nlohmann::json added_token_json(const ControlToken& token);

// Of byte pairs with "</w>" behind words; `end` is also what is unknown.
nlohmann::json clip_tokenizer_json(nlohmann::json vocab, nlohmann::json merges, const ControlToken& start,
                                   const ControlToken& end);

}  // namespace diptych
