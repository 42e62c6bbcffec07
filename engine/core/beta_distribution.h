// The beta distribution: of the "beta" sigma schedule, and behind Student's.
#pragma once

namespace diptych {

// Regularised incomplete beta function I_x(a, b) for 0 <= x <= 1, a, b > 0; relative error below 1e-13.
double beta_cdf(double x, double a, double b);

// The x with I_x(a, b) = p.
double beta_quantile(double p, double a, double b);

}  // namespace diptych
