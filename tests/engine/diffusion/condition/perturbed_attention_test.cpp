#include "engine/diffusion/condition/perturbed_attention.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/diffusion/condition/guidance.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

DenoiserInfo four_attentions() {
  DenoiserInfo info;
  info.architecture = "UNet2DConditionModel";
  for (const char* name : {"down_blocks.1.attentions.0", "up_blocks.0.attentions.0", "up_blocks.1.attentions.1",
                           "mid_block.attentions.0"}) {
    info.self_attentions.push_back(std::string(name) + ".transformer_blocks.0.attn1");
  }
  return info;
}

TEST(PerturbedLayers, AreFoundByPatterns) {
  const DenoiserInfo info = four_attentions();
  EXPECT_EQ(perturbed_layers(info, {"mid"}), (std::vector<bool>{false, false, false, true}));
  EXPECT_EQ(perturbed_layers(info, {R"(up_blocks\.1)", "down"}), (std::vector<bool>{true, false, true, false}));
  EXPECT_EQ(perturbed_layers(info, {"up_blocks.(0|1).*attentions.0"}), (std::vector<bool>{false, true, false, false}));
}

TEST(PerturbedLayers, AreTheUsualOnesWhereNoneIsNamed) {
  EXPECT_EQ(perturbed_layers(four_attentions(), {}), (std::vector<bool>{false, false, false, true}));
  DenoiserInfo transformer;
  for (int i = 0; i < 12; ++i) {
    transformer.self_attentions.push_back("transformer_blocks." + std::to_string(i) + ".attn1");
  }
  std::vector<bool> second(12);
  second[1] = true;
  EXPECT_EQ(perturbed_layers(transformer, {}), second);
}

TEST(PerturbedLayers, ThatAreNoneAreRefused) {
  const DenoiserInfo info = four_attentions();
  for (const std::string& pattern : {std::string("blocks.9"), std::string("(mid"), std::string(300, 'a')}) {
    const Error error = diptych::testing::error_of([&] { perturbed_layers(info, {"mid", pattern}); });
    EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
    EXPECT_NE(std::string(error.what()).find(pattern), std::string::npos) << error.what();
  }
  const Error none = diptych::testing::error_of([] { perturbed_layers({.architecture = "Flux"}, {"mid"}); });
  EXPECT_NE(std::string(none.what()).find("Flux"), std::string::npos) << none.what();
}

TEST(PerturbedGuidance, MovesAwayFromThePerturbed) {
  const std::array<float, 2> unconditional{0, 1}, conditional{1, 1}, perturbed{0.5f, 2};
  const std::array<WeightedPrediction, 1> one{WeightedPrediction{1, conditional, perturbed}};
  std::array<float, 2> result{};
  guide({.scale = 2, .perturbed_scale = 4}, unconditional, one, result);
  EXPECT_EQ(result, (std::array<float, 2>{4, -3}));
  mix_unguided(one, result, 4);
  EXPECT_EQ(result, (std::array<float, 2>{3, -3}));
}

TEST(PerturbedGuidance, FallsWithTimeWhereItIsAskedTo) {
  EXPECT_EQ((PerturbedAttention{.scale = 3}.scale_at(100)), 3);
  EXPECT_EQ((PerturbedAttention{.scale = 3, .adaptive = 0.004}.scale_at(750)), 2);
  EXPECT_EQ((PerturbedAttention{.scale = 3, .adaptive = 0.004}.scale_at(100)), 0);
}

}  // namespace
}  // namespace diptych::diffusion
