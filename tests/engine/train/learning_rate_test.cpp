// Schedules against transformers.get_scheduler's values (reference_values.h).
#include "engine/train/learning_rate.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"
#include "tests/engine/train/reference_values.h"

namespace diptych::train {
namespace {

TEST(LearningRate, IsTransformers) {
  LearningRate rate{
      .peak = 0.05, .warmup_steps = 4, .total_steps = 20, .decay_steps = 6, .cycles = 3, .power = 2, .end = 1e-4};
  const std::vector<std::pair<const char*, const std::vector<double>*>> expected{
      {"constant", &reference::constant_rates},     {"linear", &reference::linear_rates},
      {"cosine", &reference::cosine_rates},         {"cosine_with_restarts", &reference::cosine_restarts_rates},
      {"polynomial", &reference::polynomial_rates}, {"warmup_stable_decay", &reference::warmup_stable_decay_rates}};
  for (const auto& [name, rates] : expected) {
    rate.shape = parse_rate_shape(name);
    check_learning_rate(rate);
    ASSERT_EQ(rates->size(), 22u);
    for (size_t step = 0; step < rates->size(); ++step) {
      ASSERT_NEAR(rate.at(static_cast<int64_t>(step)), (*rates)[step], 1e-17) << name << " step " << step;
    }
  }
}

TEST(LearningRate, BeginsAtItsPeakWithoutWarmUp) {
  for (const RateShape shape : {RateShape::constant, RateShape::linear, RateShape::cosine, RateShape::cosine_restarts,
                                RateShape::polynomial, RateShape::warmup_stable_decay}) {
    EXPECT_DOUBLE_EQ((LearningRate{.shape = shape, .peak = 0.5, .total_steps = 10}).at(0), 0.5);
  }
}

TEST(LearningRate, RefusesWhatMakesNoSense) {
  EXPECT_THROW(check_learning_rate({.peak = 0}), Error);
  EXPECT_THROW(check_learning_rate({.shape = RateShape::linear, .warmup_steps = 10, .total_steps = 10}), Error);
  EXPECT_THROW(check_learning_rate({.shape = RateShape::polynomial, .total_steps = 10, .end = 1}), Error);
  EXPECT_THROW(check_learning_rate({.shape = RateShape::cosine_restarts, .total_steps = 10, .cycles = 0}), Error);
  EXPECT_THROW(check_learning_rate(
                   {.shape = RateShape::warmup_stable_decay, .warmup_steps = 5, .total_steps = 10, .decay_steps = 6}),
               Error);
  EXPECT_THROW(parse_rate_shape("cosine_annealing"), Error);
}

}  // namespace
}  // namespace diptych::train
