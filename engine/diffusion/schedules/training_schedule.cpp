#include "engine/diffusion/schedules/training_schedule.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "engine/diffusion/schedules/spacing.h"

namespace diptych::diffusion {
namespace {

double alpha_bar(BetaSchedule schedule, double t) {
  if (schedule == BetaSchedule::squaredcos_cap_v2) {
    const double c = std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2);
    return c * c;
  }
  if (schedule == BetaSchedule::exp) return std::exp(t * -12.0);
  const double lambda = -0.5 * std::copysign(1.0, 0.5 - t) * std::log(1 - 2 * std::fabs(0.5 - t) + 1e-6);
  const double snr = std::exp(lambda);
  return std::sqrt(snr / (1 + snr));
}

// Natural logarithm in float by the rational approximation that NumPy's vector code uses (error below 4 ulp), for x >
// 0. Timesteps are found by interpolating in these logarithms and then rounded or cut: a correctly rounded logarithm
// would now and then give the neighbouring timestep.
float log_as_numpy(float x) {
  static constexpr float numerator[]{0.0f,
                                     9.999999999999998702752e-01f,
                                     2.112677543073053063722e+00f,
                                     1.480000633576506585156e+00f,
                                     3.808837741388407920751e-01f,
                                     2.589979117907922693523e-02f};
  static constexpr float denominator[]{1.0f,
                                       2.612677543073109236779e+00f,
                                       2.453006071784736363091e+00f,
                                       9.864942958519418960339e-01f,
                                       1.546476374983906719538e-01f,
                                       5.875095403124574342950e-03f};
  if (!(x > 0) || std::isinf(x)) return std::log(x);
  int exponent = 0;
  float mantissa = std::frexp(x, &exponent);
  if (mantissa < std::numbers::sqrt2_v<float> / 2) {
    mantissa *= 2;
    --exponent;
  }
  const float y = mantissa - 1;
  float p = numerator[5], q = denominator[5];
  for (int k = 4; k >= 0; --k) {
    p = std::fma(p, y, numerator[k]);
    q = std::fma(q, y, denominator[k]);
  }
  return std::fma(static_cast<float>(exponent), std::numbers::ln2_v<float>, p / q);
}

// alpha-bar as the running product, kept in double and rounded at every timestep (as torch.cumprod does).
std::vector<float> running_product(std::span<const float> betas) {
  std::vector<float> product;
  double value = 1;
  for (const float beta : betas) {
    value *= static_cast<double>(1.0f - beta);
    product.push_back(static_cast<float>(value));
  }
  return product;
}

}  // namespace

std::vector<float> betas_of(BetaSchedule schedule, double beta_start, double beta_end, int timesteps) {
  assert(timesteps > 0);
  std::vector<float> betas;
  switch (schedule) {
    case BetaSchedule::linear:
      return linspace_float(beta_start, beta_end, timesteps);
    case BetaSchedule::scaled_linear:
      betas = linspace_float(std::sqrt(beta_start), std::sqrt(beta_end), timesteps);
      for (float& beta : betas) beta *= beta;
      return betas;
    case BetaSchedule::sigmoid:
      betas = linspace_float(-6, 6, timesteps);
      for (float& beta : betas) {
        const float gate = 1.0f / (1.0f + std::exp(-beta));
        beta = gate * static_cast<float>(beta_end - beta_start) + static_cast<float>(beta_start);
      }
      return betas;
    case BetaSchedule::squaredcos_cap_v2:
    case BetaSchedule::exp:
    case BetaSchedule::laplace:
      break;
  }
  constexpr double largest_beta = 0.999;
  for (int i = 0; i < timesteps; ++i) {
    const double from = alpha_bar(schedule, static_cast<double>(i) / timesteps);
    const double to = alpha_bar(schedule, static_cast<double>(i + 1) / timesteps);
    betas.push_back(static_cast<float>(std::min(1 - to / from, largest_beta)));
  }
  return betas;
}

std::vector<float> rescale_to_zero_terminal_snr(std::span<const float> betas) {
  std::vector<float> root = running_product(betas);
  for (float& value : root) value = std::sqrt(value);
  const float first = root.front(), last = root.back();
  const float scale = first / (first - last);
  for (float& value : root) {
    value = (value - last) * scale;
    value *= value;  // alpha-bar again
  }
  std::vector<float> rescaled{1.0f - root[0]};
  for (size_t i = 1; i < root.size(); ++i) rescaled.push_back(1.0f - root[i] / root[i - 1]);
  return rescaled;
}

TrainingSchedule::TrainingSchedule(std::span<const float> betas, float smallest_alpha_bar)
    : alphas_cumprod_(running_product(betas)) {
  if (smallest_alpha_bar > 0) alphas_cumprod_.back() = smallest_alpha_bar;
  for (const float alpha : alphas_cumprod_) {
    const float sigma = std::sqrt((1.0f - alpha) / alpha);
    sigmas_.push_back(sigma);
    log_sigmas_.push_back(log_as_numpy(sigma));
  }
}

double TrainingSchedule::sigma_at(double timestep) const {
  const double last = timesteps() - 1;
  if (!(timestep > 0)) return sigmas_.front();
  if (timestep >= last) return sigmas_.back();
  const auto below = static_cast<size_t>(timestep);
  const double low = sigmas_[below], high = sigmas_[below + 1];
  return (high - low) * (timestep - static_cast<double>(below)) + low;
}

double TrainingSchedule::log_sigma_at(double timestep) const {
  const double last = timesteps() - 1;
  if (!(timestep > 0)) return log_sigmas_.front();
  if (timestep >= last) return log_sigmas_.back();
  const auto below = static_cast<size_t>(timestep);
  const double weight = timestep - static_cast<double>(below);
  return (1 - weight) * log_sigmas_[below] + weight * log_sigmas_[below + 1];
}

size_t TrainingSchedule::interval_of(double log_sigma) const {
  const auto above = std::upper_bound(log_sigmas_.begin(), log_sigmas_.end(), log_sigma,
                                      [](double value, float entry) { return value < static_cast<double>(entry); });
  return static_cast<size_t>(std::clamp<std::ptrdiff_t>(above - log_sigmas_.begin() - 1, 0, timesteps() - 2));
}

double TrainingSchedule::timestep_of(double sigma) const {
  if (timesteps() == 1) return 0;
  const double log_sigma = std::log(std::max(sigma, 1e-10));
  const size_t low = interval_of(log_sigma);
  const float from = log_sigmas_[low], to = log_sigmas_[low + 1];
  const double weight = std::clamp((from - log_sigma) / static_cast<double>(from - to), 0.0, 1.0);
  return (1 - weight) * static_cast<double>(low) + weight * static_cast<double>(low + 1);
}

float TrainingSchedule::timestep_of_float(float sigma) const {
  if (timesteps() == 1) return 0;
  const float log_sigma = log_as_numpy(std::max(sigma, 1e-10f));
  const size_t low = interval_of(log_sigma);
  const float from = log_sigmas_[low], to = log_sigmas_[low + 1];
  const float weight = std::clamp((from - log_sigma) / (from - to), 0.0f, 1.0f);
  return (1 - weight) * static_cast<float>(low) + weight * static_cast<float>(low + 1);
}

}  // namespace diptych::diffusion
