// The tokenizers that checkpoints of one file rely on; ids as transformers' CLIPTokenizer and T5Tokenizer give them.
#include "engine/text/builtin_tokenizers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/io/formats/gguf.h"
#include "engine/io/formats/gguf_writer.h"
#include "engine/io/formats/json_text.h"
#include "engine/text/character_map.h"
#include "tests/engine/io/io_testing.h"

namespace diptych {
namespace {

using Ids = std::vector<int32_t>;

TEST(BuiltinTokenizers, ClipGivesThePublishedIds) {
  const TextWindow window = clip_text_window(49407);
  EXPECT_EQ(window.tokenizer->vocab_size(), clip_vocabulary);
  const TextWindow::Ids cat = window.fit("a photo of a cat");
  EXPECT_EQ(cat.length, 7);
  EXPECT_EQ(Ids(cat.ids.begin(), cat.ids.begin() + 9), (Ids{49406, 320, 1125, 539, 320, 2368, 49407, 49407, 49407}));
  EXPECT_EQ(cat.ids.size(), 77u);
  EXPECT_EQ(clip_text_window(0).fit("a cat").ids.back(), 0);
  EXPECT_EQ(window.tokenizer->encode("A Photo of a naïve café, 35mm!!  (x:1.3)", {.add_special = true}),
            (Ids{49406, 320,  1125, 539, 320, 1097, 35689, 563, 15304, 267, 274,
                 276,   2848, 748,  263, 343, 281,  272,   269, 274,   264, 49407}));
  EXPECT_EQ(window.tokenizer->encode("it's 日本語 🦊 isn't", {.add_special = true}),
            (Ids{49406, 585, 568, 39121, 44353, 34002, 508, 6040, 488, 2923, 713, 49407}));
}

TEST(BuiltinTokenizers, T5GivesThePublishedIds) {
  const TextWindow window = t5_text_window();
  EXPECT_EQ(window.tokenizer->encode("A photo of a small golden fox in the rain, 35mm", {.add_special = true}),
            (Ids{71, 1202, 13, 3, 9, 422, 7069, 3, 20400, 16, 8, 3412, 6, 3097, 635, 1}));
  EXPECT_EQ(window.tokenizer->encode("naïve  café – ½ 日本", {.add_special = true}),
            (Ids{3, 29, 9, 2, 162, 11949, 3, 104, 209, 2, 357, 3, 2, 1}));
}

// The vocabulary of a T5 in GGUF metadata, as llama.cpp's converter writes it, gives what its tokenizer.json gives.
TEST(GgufTokenizer, UnigramIsThatOfTokenizerJson) {
  const std::filesystem::path folder =
      std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases/pipeline_sd3/model/tokenizer_3";
  const nlohmann::json root = read_json_file(folder / "tokenizer.json");
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<int32_t> types;
  for (const nlohmann::json& token : root["model"]["vocab"]) {
    tokens.push_back(token[0].get<std::string>());
    scores.push_back(token[1].get<float>());
    types.push_back(tokens.size() <= 2 ? 3 : tokens.size() == 3 ? 2 : 1);
  }
  const nlohmann::json& normalizer = root["normalizer"];
  const nlohmann::json& map = normalizer["type"] == "Sequence" ? normalizer["normalizers"][0] : normalizer;
  std::vector<int32_t> bytes;
  for (const char c : from_base64(map["precompiled_charsmap"].get<std::string>(), "test")) bytes.push_back(c);
  GgufWriter writer;
  writer.set("general.architecture", "t5encoder");
  writer.set("tokenizer.ggml.model", "t5");
  writer.set("tokenizer.ggml.tokens", std::span<const std::string>(tokens));
  writer.set("tokenizer.ggml.scores", std::span<const float>(scores));
  writer.set("tokenizer.ggml.token_type", std::span<const int32_t>(types));
  writer.set("tokenizer.ggml.precompiled_charsmap", std::span<const int32_t>(bytes));
  writer.set("tokenizer.ggml.eos_token_id", uint32_t{1});
  writer.set("tokenizer.ggml.unknown_token_id", uint32_t{2});
  writer.set("tokenizer.ggml.padding_token_id", uint32_t{0});
  const testing::TemporaryFolder temporary;
  writer.write(temporary / "t5.gguf");
  const TextWindow expected = open_text_window(folder),
                   given = gguf_text_window(*GgufFile::open(temporary / "t5.gguf"));
  EXPECT_EQ(given.pad, expected.pad);
  for (const char* text : {"A small golden fox in the rain, 35mm", "  naïve   café ½ ", "", "日本 x</s>y"}) {
    EXPECT_EQ(given.fit(text, 40).ids, expected.fit(text, 40).ids) << text;
  }
}

}  // namespace
}  // namespace diptych
