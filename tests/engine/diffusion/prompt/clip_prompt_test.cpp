#include "engine/diffusion/prompt/clip_prompt.h"

#include <gtest/gtest.h>

#include <numeric>
#include <sstream>

#include "engine/text/text_source.h"

using namespace diptych;
using namespace diptych::diffusion;

namespace {

constexpr int32_t comma = 7, begin = 98, end = 99;

// Words are numbers, "," is a token of its own.
class NumberTokenizer final : public Tokenizer {
 public:
  std::vector<int32_t> encode(std::string_view text, EncodeOptions) const override {
    std::vector<int32_t> ids;
    std::istringstream words{std::string(text)};
    for (std::string word; words >> word;) ids.push_back(word == "," ? comma : std::stoi(word));
    return ids;
  }
  std::string decode(std::span<const int32_t>, bool) const override { return {}; }
  std::string_view token_bytes(int32_t) const override { return {}; }
  std::string_view token_text(int32_t) const override { return {}; }
  std::optional<int32_t> token_id(std::string_view text) const override {
    return text == ",</w>" ? std::optional(comma) : std::nullopt;
  }
  bool is_control(int32_t id) const override { return id >= begin; }
  bool is_end_of_generation(int32_t id) const override { return id == end; }
  int32_t vocab_size() const override { return 100; }
  std::optional<int32_t> bos() const override { return begin; }
  std::optional<int32_t> eos() const override { return end; }
  bool drops_leading_space() const override { return false; }
};

std::string words(int count, int32_t id = 1) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(id) + " ";
  return text;
}

ClipWindows windows_of(const std::string& text, std::optional<int32_t> pad = {}) {
  const NumberTokenizer tokenizer;
  ClipTokens tokens = clip_tokens(tokenizer);
  if (pad) tokens.pad = *pad;
  return clip_windows(parse_emphasis(text), tokenizer, tokens);
}

// Tokens of a window in front of its first end, without the begin.
std::vector<int32_t> filled(const ClipWindows& windows, int64_t window) {
  const auto first = windows.ids.begin() + window * windows.columns + 1;
  return {first, std::find(first, first + windows.columns - 1, end)};
}

}  // namespace

TEST(ClipPrompt, FillsOneWindow) {
  const ClipWindows windows = windows_of("1 (2:1.5) 3");
  ASSERT_EQ(windows.count, 1);
  ASSERT_EQ(windows.columns, 77);
  EXPECT_EQ(windows.tokens, 3);
  EXPECT_EQ(windows.capacity, 75);
  std::vector<int32_t> ids(77, end);
  std::vector<float> weights(77, 1);
  ids[0] = begin;
  for (int32_t i = 1; i <= 3; ++i) ids[static_cast<size_t>(i)] = i;
  weights[2] = 1.5f;
  EXPECT_EQ(windows.ids, ids);
  EXPECT_EQ(windows.weights, weights);
}

// Vectors of one learned word are not torn apart, unless a window is too small for them.
TEST(ClipPrompt, WordsOfSeveralVectorsStayInOneWindow) {
  const NumberTokenizer tokenizer;
  ClipTokens tokens = clip_tokens(tokenizer);
  tokens.runs = {{50, 3}};
  const auto windows = [&](int before) {
    return clip_windows(parse_emphasis(words(before) + "50 51 52 2"), tokenizer, tokens);
  };
  EXPECT_EQ(windows(71).count, 1);
  const ClipWindows fits = windows(72);
  EXPECT_EQ(filled(fits, 0).size(), 75u);
  EXPECT_EQ(filled(fits, 1), (std::vector<int32_t>{2}));
  for (const int before : {73, 74, 75}) {
    const ClipWindows moved = windows(before);
    EXPECT_EQ(filled(moved, 0).size(), static_cast<size_t>(before));
    EXPECT_EQ(filled(moved, 1), (std::vector<int32_t>{50, 51, 52, 2})) << before;
    EXPECT_EQ(moved.tokens, 79);
  }
  tokens.runs = {{50, 80}};
  EXPECT_EQ(filled(windows(73), 0).size(), 75u);
}

TEST(ClipPrompt, EmptyTextIsOneWindow) {
  const ClipWindows windows = windows_of("");
  EXPECT_EQ(windows.count, 1);
  EXPECT_EQ(windows.tokens, 0);
  EXPECT_EQ(windows.capacity, 75);
  EXPECT_TRUE(filled(windows, 0).empty());
}

TEST(ClipPrompt, PadsBehindTheFirstEnd) {
  const ClipWindows windows = windows_of("5", 0);
  EXPECT_EQ((std::vector<int32_t>{windows.ids.begin(), windows.ids.begin() + 4}),
            (std::vector<int32_t>{begin, 5, end, 0}));
  EXPECT_EQ(windows.ids.back(), 0);
  const ClipWindows full = windows_of(words(75), 0);
  EXPECT_EQ(full.count, 1);
  EXPECT_EQ(full.ids.back(), end);
}

TEST(ClipPrompt, CutsFullWindowsBehindANearComma) {
  const ClipWindows near = windows_of(words(60) + ", " + words(20, 2));
  ASSERT_EQ(near.count, 2);
  EXPECT_EQ(filled(near, 0).size(), 61u);
  EXPECT_EQ(filled(near, 1), std::vector<int32_t>(20, 2));
  EXPECT_EQ(near.tokens, 95);
  EXPECT_EQ(near.capacity, 150);
  const ClipWindows far = windows_of(words(54) + ", " + words(25, 2));
  EXPECT_EQ(filled(far, 0).size(), 75u);
  EXPECT_EQ(filled(far, 1), std::vector<int32_t>(5, 2));
  const ClipWindows edge = windows_of(words(55) + ", " + words(25, 2));  // 20 tokens back
  EXPECT_EQ(filled(edge, 0).size(), 56u);
  const ClipWindows behind = windows_of(words(75) + ", 2");  // a comma itself moves nothing
  EXPECT_EQ(filled(behind, 0).size(), 75u);
  EXPECT_EQ(filled(behind, 1), (std::vector<int32_t>{comma, 2}));
}

TEST(ClipPrompt, KeepsWeightsWithTheirTokens) {
  const ClipWindows windows = windows_of(words(70) + ", (" + words(10, 2) + ":1.3)");
  ASSERT_EQ(windows.count, 2);
  for (size_t i = 0; i < windows.ids.size(); ++i) EXPECT_EQ(windows.weights[i], windows.ids[i] == 2 ? 1.3f : 1.0f);
}

TEST(ClipPrompt, BreaksFillTheirWindows) {
  const ClipWindows windows = windows_of("1 BREAK 2 BREAK");
  ASSERT_EQ(windows.count, 2);
  EXPECT_EQ(filled(windows, 0), (std::vector<int32_t>{1}));
  EXPECT_EQ(filled(windows, 1), (std::vector<int32_t>{2}));
  EXPECT_EQ(windows.tokens, 150);
  EXPECT_EQ(windows_of("BREAK 1").count, 2);
}

TEST(ClipPrompt, ExtendsToAnotherPromptsLength) {
  ClipWindows windows = windows_of("(1:2)", 0);
  const NumberTokenizer tokenizer;
  ClipTokens tokens = clip_tokens(tokenizer);
  tokens.pad = 0;
  extend_windows(windows, 3, tokens);
  EXPECT_EQ(windows.count, 3);
  ASSERT_EQ(windows.ids.size(), 3u * 77);
  ASSERT_EQ(windows.weights.size(), 3u * 77);
  const std::vector<int32_t> empty(windows.ids.begin() + 2 * 77, windows.ids.end());
  EXPECT_EQ(empty, windows_of("", 0).ids);
}

TEST(ClipPrompt, EmphasisKeepsTheMean) {
  std::vector<float> hidden{1, 2, 3, 4, 5, 6};
  const std::vector<float> same = hidden;
  apply_emphasis(hidden, std::vector<float>{1, 1, 1});
  EXPECT_EQ(hidden, same);
  apply_emphasis(hidden, std::vector<float>{1, 2, 0.5f});
  EXPECT_FLOAT_EQ(std::accumulate(hidden.begin(), hidden.end(), 0.0f), 21);
  EXPECT_FLOAT_EQ(hidden[2] / hidden[0], 6);
  EXPECT_FLOAT_EQ(hidden[5] / hidden[1], 1.5f);
  std::vector<float> balanced{1, -1, 1, -1};
  apply_emphasis(balanced, std::vector<float>{2, 2});
  EXPECT_EQ(balanced, (std::vector<float>{2, -2, 2, -2}));
}

TEST(ClipPrompt, FindsTheTokensOfAClipTokenizer) {
  const auto tokenizer =
      TextSource::open(std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/pipeline_sd15/model/tokenizer")
          .tokenizer();
  const ClipTokens tokens = clip_tokens(*tokenizer);
  EXPECT_EQ(tokenizer->token_text(tokens.begin), "<|startoftext|>");
  EXPECT_EQ(tokenizer->token_text(tokens.end), "<|endoftext|>");
  const ClipWindows windows = clip_windows(parse_emphasis("a, (b:1.5)"), *tokenizer, tokens);
  EXPECT_EQ(windows.tokens, 3);
  EXPECT_EQ(windows.ids[2], tokens.comma);
  EXPECT_EQ(windows.weights[3], 1.5f);
}
