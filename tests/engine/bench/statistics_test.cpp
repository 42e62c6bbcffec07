#include "engine/bench/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace diptych::bench {
namespace {

TEST(Statistics, MeanAndDeviation) {
  const Summary summary = summarize(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(summary.count, 8);
  EXPECT_DOUBLE_EQ(summary.mean, 5);
  EXPECT_NEAR(summary.stddev, std::sqrt(32.0 / 7), 1e-12);
  EXPECT_EQ(summarize(std::vector<double>{3}).stddev, 0);
  EXPECT_EQ(summarize({}).count, 0);
}

// Values of printed tables of Student's distribution (two-sided).
TEST(Statistics, StudentQuantiles) {
  EXPECT_NEAR(student_quantile(0.95, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 4), 2.7764, 1e-4);
  EXPECT_NEAR(student_quantile(0.90, 9), 1.8331, 1e-4);
  EXPECT_NEAR(student_quantile(0.99, 30), 2.7500, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 1e6), 1.95997, 1e-4);
  EXPECT_NEAR(student_quantile(0.5, 1), 1, 1e-9);  // Cauchy: P(|T| <= 1) = 1/2
}

TEST(Statistics, RatioIntervalOfEqualDeviations) {
  // Both sides: 5 samples with a deviation of 1 %. Welch's degrees of freedom are 8, t = 2.306.
  const Summary a{5, 100, 1}, b{5, 110, 1.1};
  const Interval interval = ratio_interval(a, b, 0.95);
  const double reach = 2.3060 * std::sqrt(2 * 0.01 * 0.01 / 5);
  EXPECT_NEAR(interval.low, 1.1 * std::exp(-reach), 1e-5);
  EXPECT_NEAR(interval.high, 1.1 * std::exp(reach), 1e-5);
}

TEST(Statistics, RatioIntervalCoversAsOftenAsItSays) {
  std::mt19937 random(7);
  std::normal_distribution<double> a(100, 4), b(80, 2);
  int covered = 0;
  constexpr int trials = 2000;
  for (int i = 0; i < trials; ++i) {
    std::vector<double> x(6), y(4);
    for (double& value : x) value = a(random);
    for (double& value : y) value = b(random);
    const Interval interval = ratio_interval(summarize(x), summarize(y), 0.9);
    covered += interval.low <= 0.8 && 0.8 <= interval.high ? 1 : 0;
  }
  EXPECT_NEAR(covered / static_cast<double>(trials), 0.9, 0.03);
}

TEST(Statistics, SingleRunsSayNothing) {
  const Interval interval = ratio_interval({1, 100, 0}, {9, 50, 1}, 0.95);
  EXPECT_EQ(interval.low, 0);
  EXPECT_TRUE(std::isinf(interval.high));
}

}  // namespace
}  // namespace diptych::bench
