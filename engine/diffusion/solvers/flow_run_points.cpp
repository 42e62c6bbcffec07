// Timesteps and sigmas of flow matching: sigma falls from 1, shifted towards more noise for larger images.
#include <cmath>

#include "engine/diffusion/schedules/sigma_spacing.h"
#include "engine/diffusion/solvers/scheduler_run.h"

namespace diptych::diffusion {
namespace {

constexpr int most_flow_steps = 10000;

// The ends of the training schedule, in float as the reference stores them; a static shift is already in them.
double trained_sigma(const SchedulerConfig& config, int timestep) {
  const float sigma = static_cast<float>(timestep) / static_cast<float>(config.num_train_timesteps);
  if (config.dynamic_shift) return sigma;
  const auto shift = static_cast<float>(config.shift), less = static_cast<float>(config.shift - 1);
  return shift * sigma / (1.0f + less * sigma);
}

// Sigmas that a pipeline gives are an array of floats in the reference, which stays one through its shifts: a unit in
// the last place of a timestep is seen in what networks with long embeddings predict.
void shift_given(const SchedulerConfig& config, double mu, std::vector<double>& sigmas) {
  const auto weight = static_cast<float>(config.linear_time_shift ? mu : std::exp(mu));
  for (double& sigma : sigmas) {
    const auto value = static_cast<float>(sigma);
    sigma = weight / (weight + (1.0f / value - 1.0f));
  }
  if (!config.shift_terminal) return;
  const float scale = (1.0f - static_cast<float>(sigmas.back())) / static_cast<float>(1 - *config.shift_terminal);
  for (double& sigma : sigmas) sigma = 1.0f - (1.0f - static_cast<float>(sigma)) / scale;
}

std::vector<double> unshifted(const SchedulerConfig& config, const RunRequest& request, int steps) {
  const double train = config.num_train_timesteps;
  std::vector<double> sigmas;
  if (!request.sigmas.empty()) {
    for (const double sigma : request.sigmas) sigmas.push_back(static_cast<float>(sigma));
  } else if (!request.timesteps.empty()) {
    for (const double t : request.timesteps)
      sigmas.push_back(static_cast<float>(t) / static_cast<float>(config.num_train_timesteps));
  } else {
    sigmas =
        linspace(trained_sigma(config, config.num_train_timesteps) * train, trained_sigma(config, 1) * train, steps);
    for (double& sigma : sigmas) sigma /= train;
  }
  return sigmas;
}

}  // namespace

RunPoints flow_run_points(const SchedulerConfig& config, const RunRequest& request) {
  if (config.dynamic_shift && !request.mu)
    refuse_run(config, "its shift is dynamic and needs mu", "give mu, which follows from the image's size");
  const bool heun = config.scheduler == SchedulerClass::flow_match_heun;
  if (heun && (!request.sigmas.empty() || !request.timesteps.empty()))
    refuse_run(config, "it takes neither sigmas nor timesteps", "give the number of steps");
  const int steps = requested_steps(config, request, most_flow_steps);
  std::vector<double> sigmas = unshifted(config, request, steps);
  const bool given_floats = config.dynamic_shift && !request.sigmas.empty();
  if (given_floats) shift_given(config, *request.mu, sigmas);
  for (double& sigma : sigmas) {
    if (given_floats) break;
    if (!config.dynamic_shift)
      sigma = shift_flow(sigma, config.shift);
    else
      sigma =
          config.linear_time_shift ? shift_flow_linear(sigma, *request.mu) : shift_flow_exponential(sigma, *request.mu);
  }
  if (config.shift_terminal && !given_floats) stretch_to_terminal(sigmas, *config.shift_terminal);
  const double low = config.sigma_min.value_or(sigmas.back()), high = config.sigma_max.value_or(sigmas.front());
  const auto count = static_cast<int>(sigmas.size());
  if (config.sigmas == SigmaKind::karras) sigmas = karras_sigmas(low, high, count);
  if (config.sigmas == SigmaKind::exponential) sigmas = exponential_sigmas(low, high, count);
  if (config.sigmas == SigmaKind::beta) sigmas = beta_sigmas(low, high, count);
  RunPoints points;
  const auto train = static_cast<float>(config.num_train_timesteps);
  for (size_t i = 0; i < sigmas.size(); ++i) {
    auto sigma = static_cast<float>(sigmas[i]);
    if (config.invert_sigmas) sigma = 1.0f - sigma;
    const bool given = !request.timesteps.empty() && !config.invert_sigmas;
    points.sigmas.push_back(sigma);
    points.timesteps.push_back(given ? static_cast<float>(request.timesteps[i]) : sigma * train);
  }
  points.sigmas.push_back(config.invert_sigmas ? 1.0f : 0.0f);
  return points;
}

}  // namespace diptych::diffusion
