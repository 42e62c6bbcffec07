#include "engine/bench/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "engine/core/beta_distribution.h"

namespace diptych::bench {
namespace {

double squared(double value) {
  return value * value;
}

}  // namespace

Summary summarize(std::span<const double> samples) {
  Summary summary{.count = static_cast<int64_t>(samples.size())};
  if (samples.empty()) return summary;
  const auto count = static_cast<double>(samples.size());
  for (const double sample : samples) summary.mean += sample / count;
  if (samples.size() < 2) return summary;
  double squares = 0;
  for (const double sample : samples) squares += squared(sample - summary.mean);
  summary.stddev = std::sqrt(squares / (count - 1));
  return summary;
}

double student_quantile(double confidence, double freedom) {
  assert(confidence > 0 && confidence < 1 && freedom > 0);
  // P(|T| > t) = I_x(freedom / 2, 1 / 2) with x = freedom / (freedom + t^2), which falls as t grows.
  double low = 0, high = 1;
  const auto outside = [&](double t) { return beta_cdf(freedom / (freedom + t * t), freedom / 2, 0.5); };
  while (outside(high) > 1 - confidence && high < 1e12) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (outside(middle) > 1 - confidence ? low : high) = middle;
  }
  return (low + high) / 2;
}

Interval ratio_interval(const Summary& a, const Summary& b, double confidence) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (a.count < 2 || b.count < 2 || a.mean <= 0 || b.mean <= 0) return {0, infinity};
  const auto a_count = static_cast<double>(a.count), b_count = static_cast<double>(b.count);
  const double a_variance = squared(a.stddev / a.mean) / a_count, b_variance = squared(b.stddev / b.mean) / b_count;
  const double variance = a_variance + b_variance, ratio = b.mean / a.mean;
  if (variance == 0) return {ratio, ratio};
  const double freedom =  // Welch & Satterthwaite
      squared(variance) / (squared(a_variance) / (a_count - 1) + squared(b_variance) / (b_count - 1));
  const double reach = student_quantile(confidence, freedom) * std::sqrt(variance);
  return {ratio * std::exp(-reach), ratio * std::exp(reach)};
}

}  // namespace diptych::bench
