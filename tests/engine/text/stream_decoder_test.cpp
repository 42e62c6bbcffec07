// Streamed text never shows half a character and adds up to the whole.
#include "engine/text/stream_decoder.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/text/text_source.h"
#include "engine/text/unicode.h"
#include "tests/engine/text/golden.h"

namespace {

using namespace diptych;

class Stream : public testing::TestWithParam<golden::fs::path> {
 protected:
  void SetUp() override {
    if (golden::fs::exists(GetParam() / "model/tokenizer.json"))
      tokenizer = TextSource::open(GetParam() / "model").tokenizer();
    if (!tokenizer) GTEST_SKIP() << "the vocabulary is in a model file of its own";
  }
  std::shared_ptr<const Tokenizer> tokenizer;
};

// Any order of tokens, as a model that samples wildly gives them.
TEST_P(Stream, RandomTokensGiveValidTextAtEachStep) {
  std::mt19937 random(7);
  for (int run = 0; run < 200; ++run) {
    StreamDecoder stream(tokenizer);
    std::string streamed;
    for (int i = 0; i < 30; ++i) {
      const auto id = static_cast<int32_t>(random() % static_cast<uint32_t>(tokenizer->vocab_size() + 2)) - 1;
      const std::string piece = stream.push(id);
      ASSERT_EQ(lossy_utf8(piece), piece);
      streamed += piece;
    }
    streamed += stream.finish();
    ASSERT_EQ(lossy_utf8(streamed), streamed);
  }
}

TEST_P(Stream, CharactersThatTokensCutComeOutWhole) {
  const std::string text = "naïve 世界 🎉👩‍👧 ß";
  const std::vector<int32_t> ids = tokenizer->encode(text);
  StreamDecoder stream(tokenizer);
  std::string streamed;
  for (const int32_t id : ids) {
    const std::string piece = stream.push(id);
    EXPECT_EQ(piece.find("\uFFFD"), piece.npos);
    streamed += piece;
  }
  streamed += stream.finish();
  EXPECT_EQ(streamed, tokenizer->decode(ids, true));
}

INSTANTIATE_TEST_SUITE_P(Cases, Stream, testing::ValuesIn(golden::cases("tokenizer_")), golden::name_of);

}  // namespace
