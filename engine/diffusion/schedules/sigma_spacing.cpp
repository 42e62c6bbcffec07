#include "engine/diffusion/schedules/sigma_spacing.h"

#include <cmath>

#include "engine/core/beta_distribution.h"
#include "engine/diffusion/schedules/spacing.h"

namespace diptych::diffusion {

std::vector<double> karras_sigmas(double sigma_min, double sigma_max, int count, double rho) {
  const double low = std::pow(sigma_min, 1 / rho), high = std::pow(sigma_max, 1 / rho);
  std::vector<double> sigmas = linspace(0, 1, count);
  for (double& value : sigmas) value = std::pow(high + value * (low - high), rho);
  return sigmas;
}

std::vector<double> exponential_sigmas(double sigma_min, double sigma_max, int count) {
  std::vector<double> sigmas = linspace(std::log(sigma_max), std::log(sigma_min), count);
  for (double& value : sigmas) value = std::exp(value);
  return sigmas;
}

std::vector<double> polyexponential_sigmas(double sigma_min, double sigma_max, int count, double rho) {
  std::vector<double> sigmas = linspace(1, 0, count);
  const double low = std::log(sigma_min), high = std::log(sigma_max);
  for (double& value : sigmas) value = std::exp(std::pow(value, rho) * (high - low) + low);
  return sigmas;
}

std::vector<double> beta_sigmas(double sigma_min, double sigma_max, int count, double alpha, double beta) {
  std::vector<double> sigmas = linspace(0, 1, count);
  for (double& value : sigmas) value = sigma_min + beta_quantile(1 - value, alpha, beta) * (sigma_max - sigma_min);
  return sigmas;
}

std::vector<double> kl_optimal_sigmas(double sigma_min, double sigma_max, int count) {
  std::vector<double> sigmas = linspace(0, 1, count);
  const double low = std::atan(sigma_min), high = std::atan(sigma_max);
  for (double& value : sigmas) value = std::tan(value * low + (1 - value) * high);
  return sigmas;
}

double shift_flow(double sigma, double shift) {
  return shift * sigma / (1 + (shift - 1) * sigma);
}

double shift_flow_exponential(double sigma, double mu) {
  return shift_flow_linear(sigma, std::exp(mu));
}

double shift_flow_linear(double sigma, double mu) {
  return mu / (mu + (1 / sigma - 1));
}

void stretch_to_terminal(std::span<double> sigmas, double terminal) {
  const double scale = (1 - sigmas.back()) / (1 - terminal);
  for (double& sigma : sigmas) sigma = 1 - (1 - sigma) / scale;
}

double dynamic_shift_mu(int tokens, int base_tokens, int max_tokens, double base_shift, double max_shift) {
  const double slope = (max_shift - base_shift) / (max_tokens - base_tokens);
  return tokens * slope + (base_shift - slope * base_tokens);
}

}  // namespace diptych::diffusion
