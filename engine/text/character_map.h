// SentencePiece's "precompiled_charsmap": replacements of characters and short sequences (NMT-NFKC and the like), as a
// double-array trie (Darts) whose leaves point into a blob of texts that end with a zero byte.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/text/normalizer.h"

namespace diptych {

// `blob`: the bytes of the map. Each grapheme of up to five bytes is looked up as a whole, else each character, as
// Hugging Face's tokenizers does. Error (invalid_file) names `path`.
std::unique_ptr<Normalizer> make_character_map(std::string_view blob, const std::string& path);

// Standard base64, as tokenizer.json holds the map. Error (invalid_file) names `path`.
std::string from_base64(std::string_view text, const std::string& path);

}  // namespace diptych
