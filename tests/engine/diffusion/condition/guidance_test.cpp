#include "engine/diffusion/condition/guidance.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "engine/diffusion/condition/prompt_plan.h"

namespace diptych::diffusion {
namespace {

TEST(GuidanceOfOne, MovesAwayFromTheUnconditional) {
  const std::array<float, 3> unconditional{1, 2, 3}, conditional{2, 2, 1};
  const std::array<WeightedPrediction, 1> one{WeightedPrediction{1, conditional}};
  std::array<float, 3> guided{};
  guide({.scale = 3}, unconditional, one, guided);
  EXPECT_EQ(guided, (std::array<float, 3>{4, 2, -3}));
}

TEST(GuidanceOfMany, AddsUpByWeight) {
  const std::array<float, 2> unconditional{0, 1}, first{1, 1}, second{0, 3};
  const std::array<WeightedPrediction, 2> both{WeightedPrediction{0.5, first}, WeightedPrediction{-1, second}};
  std::array<float, 2> guided{};
  guide({.scale = 2}, unconditional, both, guided);
  EXPECT_EQ(guided, (std::array<float, 2>{1, -3}));
  mix_unguided(both, guided);  // weights 0.5 and -1 of -0.5 together
  EXPECT_EQ(guided, (std::array<float, 2>{-1, 5}));
}

TEST(GuidanceRescale, SetsTheDeviationBack) {
  std::vector<float> unconditional, conditional;
  for (int i = 0; i < 64; ++i) {
    unconditional.push_back(std::sin(static_cast<float>(i)));
    conditional.push_back(std::cos(static_cast<float>(2 * i)));
  }
  const auto deviation = [](const std::vector<float>& values) {
    double mean = 0, squares = 0;
    for (const float value : values) mean += value / 64;
    for (const float value : values) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / 63);
  };
  std::vector<float> guided(64);
  const std::array<WeightedPrediction, 1> one{WeightedPrediction{1, conditional}};
  guide({.scale = 9, .rescale = 1}, unconditional, one, guided);
  EXPECT_NEAR(deviation(guided), deviation(conditional), 1e-5);
}

TEST(GuidanceInterval, HoldsForItsPartOfTheRun) {
  const Guidance guidance{.scale = 5, .begin = 0.25, .end = 0.75};
  EXPECT_FALSE(guidance.active(1, 8));
  EXPECT_TRUE(guidance.active(2, 8));
  EXPECT_TRUE(guidance.active(5, 8));
  EXPECT_FALSE(guidance.active(6, 8));
  EXPECT_TRUE(Guidance{.scale = 5}.active(7, 8));
  EXPECT_FALSE(Guidance{.scale = 1}.active(3, 8));
}

TEST(PromptPlan, KeepsEachTextOnce) {
  const PromptPlan plan = plan_prompts("a [cat:dog:0.5] AND rain :0.3", "blurry", {.syntax = true, .steps = 10});
  ASSERT_EQ(plan.texts.size(), 4u);
  EXPECT_EQ(plan.negative_texts, 1u);
  EXPECT_EQ(plan.texts[0].plain, "blurry");
  ASSERT_EQ(plan.parts.size(), 2u);
  EXPECT_EQ(plan.texts[plan.parts[0].text_at(5)].plain, "a cat");
  EXPECT_EQ(plan.texts[plan.parts[0].text_at(6)].plain, "a dog");
  EXPECT_EQ(plan.parts[1].weight, 0.3);
  EXPECT_EQ(plan.negative->text_at(10), 0u);
}

TEST(PromptPlan, LeavesPlainPromptsAlone) {
  const PromptPlan plan = plan_prompts("(a|b) [c:d:0.5] AND", std::nullopt, {.syntax = false});
  ASSERT_EQ(plan.texts.size(), 2u);
  EXPECT_TRUE(plan.texts[0].absent);
  EXPECT_EQ(plan.texts[1].plain, "(a|b) [c:d:0.5] AND");
  EXPECT_TRUE(plan.texts[1].pieces.empty());
}

}  // namespace
}  // namespace diptych::diffusion
