// Tokenizers against the ids and texts of the reference implementation.
#include <gtest/gtest.h>

#include "engine/text/stream_decoder.h"
#include "engine/text/text_source.h"
#include "tests/engine/text/golden.h"

namespace {

using namespace diptych;
using golden::ordered_json;

class GoldenTokenizer : public testing::TestWithParam<golden::fs::path> {};

TEST_P(GoldenTokenizer, AgreesOnEveryString) {
  const golden::fs::path folder = GetParam();
  const ordered_json description = golden::read_json(folder / "case.json");
  golden::fs::path model = folder / description.value("model", "model");
  if (description.contains("gguf_file")) {
    model = golden::model_file(description["gguf_file"]);
    if (model.empty()) GTEST_SKIP() << description["gguf_file"] << " is not there; 'make models' fetches it";
  }
  const auto tokenizer = TextSource::open(model).tokenizer();
  const ordered_json expected = golden::read_json(folder / "expected.json");
  ASSERT_EQ(expected.size(), golden::read_json(folder / "inputs.json").size());
  for (const auto& row : expected) {
    const std::string text = row["text"];
    SCOPED_TRACE(text);
    const std::vector<int32_t> ids = tokenizer->encode(text, {.add_special = false, .parse_special = true});
    EXPECT_EQ(ids, row["ids"].get<std::vector<int32_t>>());
    EXPECT_EQ(tokenizer->decode(ids), row["decoded"].get<std::string>());

    StreamDecoder stream(tokenizer);
    std::string streamed;
    for (const int32_t id : ids) streamed += stream.push(id);
    streamed += stream.finish();
    // Word by word nobody knows which space is the last.
    const bool trims = description.value("reference", "").find("CLIP") != std::string::npos;
    while (trims && streamed.ends_with(' ')) streamed.pop_back();
    EXPECT_EQ(streamed, tokenizer->decode(ids, true));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenTokenizer, testing::ValuesIn(golden::cases("tokenizer_")), golden::name_of);

}  // namespace
