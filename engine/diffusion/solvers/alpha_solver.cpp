#include "engine/diffusion/solvers/alpha_solver.h"

#include <cassert>
#include <cmath>

namespace diptych::diffusion {

float AlphaSolver::alpha_bar(int timestep) const {
  if (timestep < 0) return model_.final_alpha_cumprod;
  assert(static_cast<size_t>(timestep) < model_.alphas_cumprod.size());
  return model_.alphas_cumprod[static_cast<size_t>(timestep)];
}

int AlphaSolver::following_timestep(int last) const {
  return position() + 1 < evaluations() ? static_cast<int>(schedule().timesteps[static_cast<size_t>(position()) + 1])
                                        : last;
}

void AlphaSolver::add_noise(std::span<float> sample, std::span<const float> noise) const {
  assert(sample.size() == noise.size());
  const float alpha = alpha_bar(whole_timestep());
  const float keep = std::sqrt(alpha), add = std::sqrt(1.0f - alpha);
  for (size_t i = 0; i < sample.size(); ++i) sample[i] = keep * sample[i] + add * noise[i];
}

std::vector<float> AlphaSolver::clean_sample(int timestep, std::span<const float> output,
                                             std::span<const float> sample) const {
  const float alpha = alpha_bar(timestep);
  const float root_alpha = std::sqrt(alpha), root_beta = std::sqrt(1.0f - alpha);
  std::vector<float> clean(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(sample.size()));
  for (size_t i = 0; i < clean.size(); ++i) {
    if (model_.prediction == Prediction::epsilon) clean[i] = (sample[i] - root_beta * output[i]) / root_alpha;
    if (model_.prediction == Prediction::v) clean[i] = root_alpha * sample[i] - root_beta * output[i];
  }
  model_.limit.apply(clean);
  return clean;
}

std::vector<float> AlphaSolver::noise_in(int timestep, std::span<const float> output,
                                         std::span<const float> sample) const {
  const float alpha = alpha_bar(timestep);
  const float root_alpha = std::sqrt(alpha), root_beta = std::sqrt(1.0f - alpha);
  std::vector<float> epsilon(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(sample.size()));
  for (size_t i = 0; i < epsilon.size(); ++i) {
    if (model_.prediction == Prediction::sample) epsilon[i] = (sample[i] - root_alpha * output[i]) / root_beta;
    if (model_.prediction == Prediction::v) epsilon[i] = root_alpha * output[i] + root_beta * sample[i];
  }
  return epsilon;
}

}  // namespace diptych::diffusion
