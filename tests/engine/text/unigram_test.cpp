// A small Unigram tokenizer with a character map of its own, against what Hugging Face's tokenizers 0.23 gives for it.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"
#include "engine/text/character_map.h"
#include "engine/text/tokenizer_json.h"

namespace {

using namespace diptych;

// The seed of the fuzz corpus: tokenizer.json in a line, and a text.
TEST(Unigram, MapsCharactersAndFallsBackToBytes) {
  std::ifstream file(DIPTYCH_SOURCE_DIR "/tests/fuzz/corpus/tokenizer/unigram");
  std::string json;
  ASSERT_TRUE(std::getline(file, json));
  std::stringstream text;
  text << file.rdbuf();
  const auto tokenizer = make_pipeline_tokenizer(parse_tokenizer_json(parse_json(json, "unigram"), "unigram"));
  const std::vector<int32_t> ids = tokenizer->encode(text.str());
  EXPECT_EQ(ids, (std::vector<int32_t>{4, 3, 11, 12, 5, 4, 14, 2, 3, 13, 3, 2}));
  EXPECT_EQ(tokenizer->decode(ids), "the fixe theア<unk> <0x41> <unk>");
}

TEST(CharacterMap, DamagedOnesAreErrors) {
  using namespace std::string_literals;
  for (const std::string& blob :
       {"\x04"s, "\x08\0\0\0abcd"s, "\x03\0\0\0abc"s, "\0\0\0\0x\0"s, "\x04\0\0\0\0\0\0\0\xff\0"s}) {
    EXPECT_THROW(make_character_map(blob, "map"), Error) << blob.size();
  }
  EXPECT_THROW(from_base64("a*b", "map"), Error);
  EXPECT_EQ(from_base64("aGVsbG8=", "map"), "hello");
  // Offsets beyond the trie end a search; the text stays as it is.
  const auto wild = make_character_map("\x04\0\0\0\xff\xff\xff\xff"s + "x\0"s, "map");
  EXPECT_EQ(wild->normalize("Grüße"), "Grüße");
}

}  // namespace
