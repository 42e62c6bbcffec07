// A tokenizer that also knows words which stand for ids beyond its vocabulary.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/tokenizer.h"

namespace diptych::diffusion {

using EmbeddingWords = std::map<std::string, std::vector<int32_t>>;

// Where the first of the words stands in the text from `from` on, whatever the case of its letters; the longest of
// those. Inside of another word it is none.
struct FoundWord {
  size_t begin = std::string_view::npos, end = 0;
  const std::vector<int32_t>* ids = nullptr;
};
FoundWord find_embedding_word(std::string_view text, const EmbeddingWords& words, size_t from = 0);

std::shared_ptr<const Tokenizer> with_embedding_words(std::shared_ptr<const Tokenizer> tokenizer, EmbeddingWords words);

}  // namespace diptych::diffusion
