#include "engine/llm/generator.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"
#include "tests/engine/llm/echo_lm.h"

namespace diptych {
namespace {

class GeneratorTest : public ::testing::Test {
 protected:
  static constexpr int64_t context = 700;
  Context ctx_{cpu_device, 1};
  EchoLm model_;
  KvPool pool_{ctx_, model_.kv_layout(DType::f32), 24};
  Generator generator_{
      ctx_, model_, pool_, context, [this](int32_t id) { return id == end_; }, [](int32_t) { return false; }};
  int32_t end_ = -1;

  std::vector<int32_t> prompt(size_t n, int32_t first = 1) {
    std::vector<int32_t> tokens(n);
    for (size_t i = 0; i < n; ++i) tokens[i] = (first + static_cast<int32_t>(i * i)) % 97;
    return tokens;
  }
  // What the model writes when everything is read as it was written.
  std::vector<int32_t> expected(std::vector<int32_t> tokens, size_t n) {
    std::vector<int32_t> written;
    for (size_t i = 0; i < n; ++i) {
      written.push_back(EchoLm::next(tokens, 97));
      tokens.push_back(written.back());
    }
    return written;
  }
  GenerateStats generate(const std::vector<int32_t>& tokens, int64_t max_tokens, std::vector<int32_t>& written) {
    GenerateOptions options;
    options.sampler.temperature = 0;
    options.max_tokens = max_tokens;
    written.clear();
    return generator_.generate(tokens, options, [&](const GeneratedToken& token) {
      written.push_back(token.id);
      return true;
    });
  }
};

TEST_F(GeneratorTest, WritesWhatTheModelSays) {
  std::vector<int32_t> written;
  const auto tokens = prompt(600);  // two chunks
  const GenerateStats stats = generate(tokens, 40, written);
  EXPECT_EQ(written, expected(tokens, 40));
  EXPECT_EQ(stats.reason, FinishReason::length);
  EXPECT_EQ(stats.prompt_tokens, 600);
  EXPECT_EQ(stats.cached_tokens, 0);
  EXPECT_EQ(stats.generated_tokens, 40);
  EXPECT_EQ(model_.evaluated, 600 + 39) << "the last token is not evaluated";
  EXPECT_DOUBLE_EQ(stats.prefill_cost.flops, 1200);
  EXPECT_DOUBLE_EQ(stats.decode_cost.flops, 2 * 39);
  EXPECT_GT(stats.prefill_s, 0);
  EXPECT_GT(stats.decode_s, 0);
}

TEST_F(GeneratorTest, ASecondTurnEvaluatesOnlyWhatIsNew) {
  std::vector<int32_t> first, second;
  auto tokens = prompt(100);
  generate(tokens, 30, first);
  model_.evaluated = 0;
  tokens.insert(tokens.end(), first.begin(), first.end());
  const auto question = prompt(20, 50);
  tokens.insert(tokens.end(), question.begin(), question.end());
  const GenerateStats stats = generate(tokens, 10, second);
  EXPECT_EQ(stats.cached_tokens, 129);  // the last answer token was never evaluated
  EXPECT_EQ(model_.evaluated, 1 + 20 + 9);
  EXPECT_EQ(second, expected(tokens, 10));
}

TEST_F(GeneratorTest, AskingTheSameAgainEvaluatesOneToken) {
  std::vector<int32_t> first, second;
  const auto tokens = prompt(77);
  generate(tokens, 5, first);
  model_.evaluated = 0;
  EXPECT_EQ(generate(tokens, 1, second).cached_tokens, 76);
  EXPECT_EQ(model_.evaluated, 1);
  EXPECT_EQ(second[0], first[0]);
}

TEST_F(GeneratorTest, EndsAtAnEndTokenAtTheCallersWishAndAtTheContextsEnd) {
  std::vector<int32_t> written;
  const auto tokens = prompt(50);
  const auto known = expected(tokens, 30);
  end_ = known[12];
  GenerateStats stats = generate(tokens, 0, written);
  EXPECT_EQ(stats.reason, FinishReason::stop);
  EXPECT_EQ(written.back(), end_);
  EXPECT_LE(written.size(), 13u);
  end_ = -1;
  GenerateOptions options;
  options.sampler.temperature = 0;
  stats = generator_.generate(tokens, options, [](const GeneratedToken& token) { return token.count < 4; });
  EXPECT_EQ(stats.generated_tokens, 4);
  EXPECT_EQ(stats.reason, FinishReason::stop);
  const auto full = prompt(context - 10);
  stats = generate(full, 0, written);
  EXPECT_EQ(stats.reason, FinishReason::context);
  EXPECT_EQ(stats.generated_tokens, 11);  // ten are evaluated, the last one is only told
  EXPECT_EQ(written, expected(full, 11));
}

TEST_F(GeneratorTest, WhatCannotWorkIsSaid) {
  std::vector<int32_t> written;
  EXPECT_THROW(generate({}, 1, written), Error);
  EXPECT_THROW(generate(prompt(context), 1, written), Error);
  EXPECT_THROW(generate({1, 97}, 1, written), Error);
  EXPECT_THROW(generate({1, -1}, 1, written), Error);
  EXPECT_NO_THROW(generate(prompt(context - 1), 1, written));
}

TEST_F(GeneratorTest, CancellingKeepsWhatWasStored) {
  const auto tokens = prompt(60);
  GenerateOptions options;
  options.sampler.temperature = 0;
  int64_t told = 0;
  EXPECT_THROW(generator_.generate(tokens, options,
                                   [&](const GeneratedToken&) {
                                     if (++told == 3) options.cancel.cancel();
                                     return true;
                                   }),
               Error);
  EXPECT_EQ(told, 3);
  EXPECT_EQ(pool_.free_blocks(), 24);
  EXPECT_FALSE(ctx_.cancel.cancelled()) << "the context is free for the next one";
  std::vector<int32_t> written;
  EXPECT_EQ(generate(tokens, 5, written).cached_tokens, 59);
  EXPECT_EQ(written, expected(tokens, 5));
}

TEST_F(GeneratorTest, ConversationsTakeTurnsOnASmallPool) {
  std::vector<int32_t> written;
  for (int round = 0; round < 30; ++round) {
    const auto tokens = prompt(static_cast<size_t>(30 + round * 7), round % 5);
    generate(tokens, 20, written);
    ASSERT_EQ(written, expected(tokens, 20)) << round;
  }
}

}  // namespace
}  // namespace diptych
