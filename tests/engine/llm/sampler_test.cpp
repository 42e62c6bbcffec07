#include "engine/llm/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

namespace diptych {
namespace {

std::vector<float> logs(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

// How often each token is drawn in `n` draws; every draw is one token further, as in an answer.
std::map<int32_t, int> draws(SamplerOptions options, const std::vector<float>& logits, int n) {
  Sampler sampler(std::move(options));
  std::map<int32_t, int> counts;
  for (int i = 0; i < n; ++i) {
    const int32_t token = sampler.sample(logits);
    ++counts[token];
    sampler.accept(token);
  }
  return counts;
}

std::vector<int32_t> kept(const std::map<int32_t, int>& counts) {
  std::vector<int32_t> ids;
  for (const auto& [id, count] : counts) ids.push_back(id);
  return ids;
}

TEST(Sampler, GreedyTakesTheFirstOfTheLikeliest) {
  Sampler sampler({.temperature = 0});
  EXPECT_EQ(sampler.sample(std::vector<float>{1, 5, 3, 5}), 1);
}

TEST(Sampler, DrawsFollowTheProbabilities) {
  const std::vector<double> p{0.5, 0.3, 0.15, 0.05};
  constexpr int n = 40'000;
  const auto counts = draws({.temperature = 1, .seed = 3}, logs(p), n);
  for (size_t i = 0; i < p.size(); ++i) {
    const double sigma = std::sqrt(p[i] * (1 - p[i]) * n);
    EXPECT_NEAR(counts.at(static_cast<int32_t>(i)), p[i] * n, 5 * sigma) << i;
  }
}

TEST(Sampler, TemperatureSharpensAndFlattens) {
  const std::vector<double> p{0.6, 0.4};
  constexpr int n = 40'000;
  for (const double t : {0.5, 2.0}) {
    const double a = std::pow(p[0], 1 / t), b = std::pow(p[1], 1 / t), expected = a / (a + b);
    const auto counts = draws({.temperature = t, .seed = 9}, logs(p), n);
    EXPECT_NEAR(counts.at(0), expected * n, 5 * std::sqrt(expected * (1 - expected) * n)) << t;
  }
}

TEST(Sampler, CutsKeepWhatTheyPromise) {
  const auto logits = logs({0.05, 0.4, 0.1, 0.25, 0.2});
  EXPECT_EQ(kept(draws({.temperature = 1, .top_k = 2}, logits, 2000)), (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(kept(draws({.temperature = 1, .top_p = 0.6}, logits, 2000)), (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(kept(draws({.temperature = 1, .top_p = 0.66}, logits, 2000)), (std::vector<int32_t>{1, 3, 4}));
  EXPECT_EQ(kept(draws({.temperature = 1, .min_p = 0.49}, logits, 2000)), (std::vector<int32_t>{1, 3, 4}));
  EXPECT_EQ(kept(draws({.temperature = 1, .top_p = 1e-9}, logits, 200)), (std::vector<int32_t>{1}));
  EXPECT_EQ(kept(draws({.temperature = 1, .min_p = 1}, logits, 200)), (std::vector<int32_t>{1}));
}

// Entropy 1.415 nats; surprises 3.0, 0.92, 2.3, 1.39, 1.61: tokens 3 and 4 are the most typical, then 1, 2, 0.
TEST(Sampler, TypicalKeepsTheTokensNearestToTheEntropy) {
  const auto logits = logs({0.05, 0.4, 0.1, 0.25, 0.2});
  EXPECT_EQ(kept(draws({.temperature = 1, .typical_p = 0.2}, logits, 2000)), (std::vector<int32_t>{3}));
  EXPECT_EQ(kept(draws({.temperature = 1, .typical_p = 0.45}, logits, 2000)), (std::vector<int32_t>{3, 4}));
  EXPECT_EQ(kept(draws({.temperature = 1, .typical_p = 0.7}, logits, 2000)), (std::vector<int32_t>{1, 3, 4}));
}

TEST(Sampler, TheRepetitionPenaltySeesThePromptsEndAndSparesExemptTokens) {
  const std::vector<float> logits{2.0f, 1.9f, -1.0f, -1.1f};
  SamplerOptions options{.temperature = 0, .repeat_penalty = 1.5, .repeat_window = 2};
  Sampler sampler(options);
  EXPECT_EQ(sampler.sample(logits), 0);
  sampler.begin(std::vector<int32_t>{0, 0});
  EXPECT_EQ(sampler.sample(logits), 1);  // 2.0 / 1.5 < 1.9
  sampler.begin(std::vector<int32_t>{0, 3, 3});
  EXPECT_EQ(sampler.sample(logits), 0) << "outside of the window";
  Sampler exempt(options, [](int32_t id) { return id == 0; });
  exempt.begin(std::vector<int32_t>{0, 0});
  EXPECT_EQ(exempt.sample(logits), 0);
  // A negative score is multiplied: 2 falls below 3.
  Sampler negative(options);
  negative.begin(std::vector<int32_t>{2, 2});
  EXPECT_EQ(negative.sample(std::vector<float>{-9, -9, -1.0f, -1.1f}), 3);
}

TEST(Sampler, PresenceAndFrequencyCountWhatWasGenerated) {
  const std::vector<float> logits{2.0f, 1.5f, 1.2f};
  Sampler presence({.temperature = 0, .presence_penalty = 0.6});
  presence.begin(std::vector<int32_t>{0, 0, 0});
  EXPECT_EQ(presence.sample(logits), 0) << "the prompt does not count";
  presence.accept(0);
  EXPECT_EQ(presence.sample(logits), 1);
  presence.accept(0);
  EXPECT_EQ(presence.sample(logits), 1) << "once, however often";
  Sampler frequency({.temperature = 0, .frequency_penalty = 0.3});
  frequency.accept(0);
  EXPECT_EQ(frequency.sample(logits), 0);
  frequency.accept(0);
  EXPECT_EQ(frequency.sample(logits), 1);
}

TEST(Sampler, BiasForbidsAndForces) {
  const std::vector<float> logits{2.0f, 1.5f, 1.2f};
  EXPECT_EQ(Sampler({.temperature = 0, .logit_bias = {{0, -100}}}).sample(logits), 1);
  EXPECT_EQ(Sampler({.temperature = 0, .logit_bias = {{2, 100}, {7, 100}, {-1, 5}}}).sample(logits), 2);
}

TEST(Sampler, TheSameSeedWritesTheSame) {
  std::mt19937 random(1);
  std::vector<float> logits(1000);
  for (float& logit : logits) logit = static_cast<float>(random() % 1000) / 200;
  const auto write = [&](int64_t seed) {
    Sampler sampler({.temperature = 1, .seed = seed});
    std::vector<int32_t> tokens;
    for (int i = 0; i < 50; ++i) {
      tokens.push_back(sampler.sample(logits));
      sampler.accept(tokens.back());
    }
    return tokens;
  };
  EXPECT_EQ(write(5), write(5));
  EXPECT_NE(write(5), write(6));
}

TEST(Likeliest, AgreesWithSortingForEveryCount) {
  std::mt19937 random(2);
  std::vector<float> logits(257);
  for (float& logit : logits) logit = static_cast<float>(random() % 40);  // many ties
  const auto all = likeliest(logits, 257);
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_TRUE(all[i - 1].logit > all[i].logit || (all[i - 1].logit == all[i].logit && all[i - 1].id < all[i].id));
  }
  for (const int count : {0, 1, 7, 256, 300}) {
    const auto some = likeliest(logits, count);
    ASSERT_EQ(some.size(), static_cast<size_t>(std::min(count, 257)));
    for (size_t i = 0; i < some.size(); ++i) EXPECT_EQ(some[i].id, all[i].id);
  }
}

TEST(LogProbabilities, AreThoseOfTheSoftmax) {
  const auto logits = logs({0.5, 0.2, 0.3});
  EXPECT_NEAR(log_probability(logits, 1), std::log(0.2), 1e-6);
  const auto top = top_log_probabilities(logits, 2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].first, 0);
  EXPECT_EQ(top[1].first, 2);
  EXPECT_NEAR(top[1].second, std::log(0.3), 1e-6);
}

}  // namespace
}  // namespace diptych
