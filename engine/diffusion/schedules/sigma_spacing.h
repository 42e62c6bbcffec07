// Noise levels chosen between a largest and a smallest one, and the shifts of flow-matching schedules. All in double,
// from high to low, without the final zero.
#pragma once

#include <span>
#include <vector>

namespace diptych::diffusion {

// Equidistant in sigma^(1/rho) (Karras et al. 2022, eq. 5).
std::vector<double> karras_sigmas(double sigma_min, double sigma_max, int count, double rho = 7);
// Equidistant in log sigma.
std::vector<double> exponential_sigmas(double sigma_min, double sigma_max, int count);
// exp of a ramp in log sigma bent by rho.
std::vector<double> polyexponential_sigmas(double sigma_min, double sigma_max, int count, double rho);
// Quantiles of the beta distribution: dense at both ends for alpha, beta < 1.
std::vector<double> beta_sigmas(double sigma_min, double sigma_max, int count, double alpha = 0.6, double beta = 0.6);
// arctan-interpolated between the ends (Sabour et al. 2024, the closed form for a Gaussian).
std::vector<double> kl_optimal_sigmas(double sigma_min, double sigma_max, int count);

// shift s / (1 + (shift - 1) s): moves the steps of a flow towards more noise.
double shift_flow(double sigma, double shift);
// exp(mu) / (exp(mu) + 1/s - 1): the same shift written with mu, which depends on the image's size.
double shift_flow_exponential(double sigma, double mu);
double shift_flow_linear(double sigma, double mu);
// Stretches a schedule so that its last value becomes `terminal`.
void stretch_to_terminal(std::span<double> sigmas, double terminal);

// mu of an image of `tokens` latent tokens: the line through (base_tokens, base_shift) and (max_tokens, max_shift).
double dynamic_shift_mu(int tokens, int base_tokens, int max_tokens, double base_shift, double max_shift);

}  // namespace diptych::diffusion
