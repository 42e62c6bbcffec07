// The noise schedule that a model was trained on: alpha-bar and sigma of every training timestep.
//
// Everything is float where the reference (diffusers) keeps float32 tensors: schedules are compared with it to 1e-5,
// and timesteps that it rounds must round to the same whole numbers.
#pragma once

#include <span>
#include <vector>

namespace diptych::diffusion {

enum class BetaSchedule { linear, scaled_linear, squaredcos_cap_v2, exp, laplace, sigmoid };

// beta of every training timestep, rounded to float.
std::vector<float> betas_of(BetaSchedule schedule, double beta_start, double beta_end, int timesteps);

// Shifts and scales sqrt(alpha-bar) so that the last timestep has no signal left (Lin et al. 2023, "Common Diffusion
// Noise Schedules and Sample Steps are Flawed"), keeping the first timestep as it is.
std::vector<float> rescale_to_zero_terminal_snr(std::span<const float> betas);

class TrainingSchedule {
 public:
  // `smallest_alpha_bar` replaces the last alpha-bar when positive: after a zero-SNR rescale sigma would be infinite.
  explicit TrainingSchedule(std::span<const float> betas, float smallest_alpha_bar = 0);

  int timesteps() const { return static_cast<int>(alphas_cumprod_.size()); }
  std::span<const float> alphas_cumprod() const { return alphas_cumprod_; }
  std::span<const float> sigmas() const { return sigmas_; }          // sqrt((1 - alpha-bar) / alpha-bar), ascending
  std::span<const float> log_sigmas() const { return log_sigmas_; }  // natural logarithm

  double sigma_at(double timestep) const;      // linear between whole timesteps, clamped to the ends
  double timestep_of(double sigma) const;      // linear in log sigma, clamped to the ends
  float timestep_of_float(float sigma) const;  // the same in float arithmetic: for DPM2's points between the steps
  double log_sigma_at(double timestep) const;  // linear in log sigma: the inverse of timestep_of()

 private:
  size_t interval_of(double log_sigma) const;  // of the logarithms below and above; 0 and the last one are open

  std::vector<float> alphas_cumprod_, sigmas_, log_sigmas_;
};

}  // namespace diptych::diffusion
