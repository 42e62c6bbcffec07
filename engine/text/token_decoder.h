// Tokens back to text, as tokenizer.json's "decoder" says.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;
  // One step over the tokens of a whole text; the texts that remain are joined in the end.
  virtual void decode(std::vector<std::string>& tokens) const = 0;
  // The bytes of one token inside a running text.
  virtual std::string running(std::string token) const { return token; }
  virtual bool drops_leading_space() const { return false; }
};

std::unique_ptr<TokenDecoder> make_byte_level_decoder();
// Of what `inner` gives, `suffix` ends a word.
std::unique_ptr<TokenDecoder> make_word_end_decoder(std::unique_ptr<TokenDecoder> inner, std::string suffix);
// SentencePiece: "▁" is a space, <0xNN> a byte; `strip_first_space` undoes the space put in front.
std::unique_ptr<TokenDecoder> make_sentencepiece_decoder(bool strip_first_space);

// nullptr for null. Error (invalid_file, unsupported) names `path`.
std::unique_ptr<TokenDecoder> parse_token_decoder(const nlohmann::json& value, const std::string& path);

}  // namespace diptych
