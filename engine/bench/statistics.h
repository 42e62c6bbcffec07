// What repeated measurements say: means, deviations, and how surely two of them differ.
#pragma once

#include <cstdint>
#include <span>

namespace diptych::bench {

struct Summary {
  int64_t count = 0;
  double mean = 0;
  double stddev = 0;  // of the samples, with count - 1; 0 where there are fewer than two
};
Summary summarize(std::span<const double> samples);

// The t with P(|T| <= t) = confidence for Student's distribution; confidence in (0, 1), freedom > 0 (need not be
// whole).
double student_quantile(double confidence, double freedom);

struct Interval {
  double low = 0, high = 0;
};

// Confidence interval of mean(b) / mean(a) for positive measurements: Welch's interval of the difference of logarithms,
// whose deviations are stddev / mean (the delta method). Fewer than two samples on either side say nothing about
// the spread: the interval is (0, infinity).
Interval ratio_interval(const Summary& a, const Summary& b, double confidence);

}  // namespace diptych::bench
