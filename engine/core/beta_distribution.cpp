#include "engine/core/beta_distribution.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace diptych {
namespace {

// The continued fraction of the incomplete beta function (DLMF 8.17.22), evaluated forwards by Lentz's method.
double continued_fraction(double x, double a, double b) {
  constexpr double tiny = 1e-300;
  constexpr int most_terms = 1000;
  const auto keep_off_zero = [](double value) { return std::fabs(value) < tiny ? tiny : value; };
  double c = 1;
  double d = 1 / keep_off_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m <= most_terms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / keep_off_zero(1 + even * d);
    c = keep_off_zero(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / keep_off_zero(1 + odd * d);
    c = keep_off_zero(1 + odd / c);
    fraction *= d * c;
    if (std::fabs(d * c - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

}  // namespace

double beta_cdf(double x, double a, double b) {
  assert(a > 0 && b > 0);
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double log_front = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  const double front = std::exp(log_front);
  // The fraction converges fast below the mean only; above it the symmetric one is used.
  if (x < (a + 1) / (a + b + 2)) return front * continued_fraction(x, a, b) / a;
  return 1 - front * continued_fraction(1 - x, b, a) / b;
}

double beta_quantile(double p, double a, double b) {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  // Small quantiles need relative precision, large ones are taken from the other side.
  if (p > beta_cdf(0.5, a, b)) return 1 - beta_quantile(1 - p, b, a);
  double low = 0, high = 0.5;
  const double log_scale = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
  double x = std::fmin(0.25, std::exp((std::log(p * a) - log_scale) / a));
  for (int i = 0; i < 200; ++i) {
    const double error = beta_cdf(x, a, b) - p;
    (error > 0 ? high : low) = x;
    const double density = std::exp(log_scale + (a - 1) * std::log(x) + (b - 1) * std::log1p(-x));
    double next = x - error / density;
    if (!(next > low && next < high)) next = (low + high) / 2;  // Newton left the bracket
    if (std::fabs(next - x) <= 1e-16 * x) return next;
    x = next;
  }
  return x;
}

}  // namespace diptych
