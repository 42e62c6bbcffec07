// Texts as encoders of image models read them, and T5's SentencePiece files alone.
#include "engine/text/text_window.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/core/error.h"
#include "tests/engine/io/io_testing.h"

namespace diptych {
namespace {

namespace files = std::filesystem;
using diptych::testing::read_bytes;
using diptych::testing::TemporaryFolder;

files::path tokenizer_of(const char* pipeline, const char* name) {
  return files::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / pipeline / "model" / name;
}

TEST(TextWindow, PadsBehindTheEnd) {
  const TextWindow window = open_text_window(tokenizer_of("pipeline_sd15", "tokenizer"));
  EXPECT_EQ(window.tokens, 77);
  const TextWindow::Ids ids = window.fit("a fox");
  ASSERT_EQ(ids.ids.size(), 77u);
  const int32_t begin = *window.tokenizer->token_id("<|startoftext|>"),
                end = *window.tokenizer->token_id("<|endoftext|>");
  EXPECT_EQ(ids.ids.front(), begin);
  EXPECT_EQ(ids.ids[static_cast<size_t>(ids.length) - 1], end);
  EXPECT_EQ(window.pad, end);
  for (size_t i = static_cast<size_t>(ids.length); i < ids.ids.size(); ++i) EXPECT_EQ(ids.ids[i], end);
}

TEST(TextWindow, CutsLongTextsInFrontOfTheEnd) {
  const TextWindow window = open_text_window(tokenizer_of("pipeline_sd15", "tokenizer"));
  std::string text;
  for (int i = 0; i < 200; ++i) text += "rain ";
  const TextWindow::Ids ids = window.fit(text);
  EXPECT_EQ(ids.length, 77);
  EXPECT_EQ(ids.ids.back(), *window.tokenizer->token_id("<|endoftext|>"));
  EXPECT_EQ(window.fit(text, 20).ids.size(), 20u);
}

// The same tokenizer from spiece.model alone as from tokenizer.json.
class T5Pieces : public ::testing::Test {
 protected:
  files::path alone(std::string_view bytes) const {
    const files::path whole = tokenizer_of("pipeline_sd3", "tokenizer_3");
    files::copy_file(whole / "tokenizer_config.json", folder_ / "tokenizer_config.json",
                     files::copy_options::overwrite_existing);
    std::ofstream(folder_ / "spiece.model", std::ios::binary) << bytes;
    return folder_.path();
  }
  std::string pieces() const {
    const auto bytes = read_bytes(tokenizer_of("pipeline_sd3", "tokenizer_3") / "spiece.model");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  TemporaryFolder folder_;
};

TEST_F(T5Pieces, ReadAsTokenizerJsonIs) {
  const TextWindow whole = open_text_window(tokenizer_of("pipeline_sd3", "tokenizer_3"));
  const TextWindow bare = open_text_window(alone(pieces()));
  EXPECT_EQ(bare.tokens, whole.tokens);
  EXPECT_EQ(bare.pad, whole.pad);
  for (const char* text : {"", "A photo of a small golden fox", "ﬁne  ½ x²", "<pad> and </s> in it", "日本語"}) {
    EXPECT_EQ(bare.fit(text).ids, whole.fit(text).ids) << text;
  }
}

TEST_F(T5Pieces, SentinelsStandBehindThePiecesFromTheLastOn) {
  alone(pieces());
  std::ofstream(folder_ / "tokenizer_config.json") << R"({"pad_token":"<pad>","eos_token":"</s>"})";
  const auto tokenizer = open_text_window(folder_.path()).tokenizer;
  const int32_t pieces_alone = tokenizer->vocab_size() - 100;
  EXPECT_EQ(tokenizer->token_id("<extra_id_99>"), pieces_alone);
  EXPECT_EQ(tokenizer->token_id("<extra_id_0>"), pieces_alone + 99);
}

TEST_F(T5Pieces, DamagedFilesAreErrors) {
  const std::string whole = pieces();
  for (size_t cut = 0; cut < 100; ++cut) {
    const files::path folder = alone(std::string_view(whole).substr(0, whole.size() * cut / 100));
    try {
      open_text_window(folder);  // cut between two pieces it is a smaller file
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), ErrorCategory::invalid_file) << error.what();
    }
  }
  for (size_t at = 0; at < whole.size(); at += 997) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    try {
      open_text_window(alone(damaged));
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace diptych
