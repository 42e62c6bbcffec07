// The steps that every tokenizer here goes through: added tokens, normaliser, cutting, byte-pair model; and back.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/text/added_tokens.h"
#include "engine/text/normalizer.h"
#include "engine/text/piece_model.h"
#include "engine/text/pre_tokenizer.h"
#include "engine/text/token_decoder.h"
#include "engine/text/tokenizer.h"
#include "engine/text/vocabulary.h"

namespace diptych {

// What a file describes. Null steps do nothing; a null decoder joins tokens with spaces.
struct TokenizerParts {
  std::unique_ptr<Vocabulary> vocabulary;  // of the model; its address stays
  std::vector<AddedToken> added;
  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  std::unique_ptr<PieceModel> model;
  std::unique_ptr<TokenDecoder> decoder;
  // No token holds a "▁" behind another character, so that text may be cut in front of each without changing the ids.
  bool cut_before_marker = false;
  std::vector<int32_t> before, after;  // what add_special puts around a text
  std::vector<int32_t> control;        // besides the special ones among `added`
  std::vector<int32_t> end_of_generation;
  std::optional<int32_t> bos, eos;
};

std::shared_ptr<const Tokenizer> make_pipeline_tokenizer(TokenizerParts parts);

// Tokens that end an answer whatever a file says, by their text.
bool ends_generation(std::string_view token_text);

}  // namespace diptych
