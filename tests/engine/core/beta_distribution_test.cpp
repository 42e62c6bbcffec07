#include "engine/core/beta_distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace diptych {
namespace {

// Closed forms: Beta(1, b) and the arcsine distribution Beta(1/2, 1/2).
TEST(BetaDistribution, CumulativeHasTheKnownClosedForms) {
  for (const double x : {1e-6, 0.1, 0.35, 0.5, 0.8, 0.999}) {
    EXPECT_NEAR(beta_cdf(x, 1, 3), 1 - std::pow(1 - x, 3), 1e-13);
    EXPECT_NEAR(beta_cdf(x, 0.5, 0.5), 2 / std::numbers::pi * std::asin(std::sqrt(x)), 1e-13);
  }
}

TEST(BetaDistribution, QuantileInvertsTheCumulative) {
  for (const double a : {0.3, 0.6, 1.0, 2.5}) {
    for (const double b : {0.6, 1.7}) {
      for (const double p : {1e-5, 0.01, 0.2, 0.5, 0.77, 0.99, 0.99999})
        EXPECT_NEAR(beta_cdf(beta_quantile(p, a, b), a, b), p, 1e-12) << a << " " << b << " " << p;
    }
  }
}

TEST(BetaDistribution, QuantileAtTheEndsAndInTheMiddle) {
  EXPECT_EQ(beta_quantile(0, 0.6, 0.6), 0);
  EXPECT_EQ(beta_quantile(1, 0.6, 0.6), 1);
  EXPECT_NEAR(beta_quantile(0.5, 0.6, 0.6), 0.5, 1e-14);
}

}  // namespace
}  // namespace diptych
