// Timesteps and sigmas of the solvers along sigma: Euler, Euler ancestral, Heun, DPM2, LMS.
#include <cmath>

#include "engine/diffusion/schedules/sigma_spacing.h"
#include "engine/diffusion/solvers/scheduler_run.h"

namespace diptych::diffusion {
namespace {

constexpr int most_sigma_steps = 10000;

// Replaces the training sigmas between their ends by another kind.
std::vector<double> respaced(const SchedulerConfig& config, const std::vector<double>& sigmas) {
  const auto count = static_cast<int>(sigmas.size());
  const bool own_ends = config.scheduler == SchedulerClass::lms && config.sigmas == SigmaKind::karras;
  const double low = own_ends ? sigmas.back() : config.sigma_min.value_or(sigmas.back());
  const double high = own_ends ? sigmas.front() : config.sigma_max.value_or(sigmas.front());
  if (config.sigmas == SigmaKind::karras) return karras_sigmas(low, high, count);
  if (config.sigmas == SigmaKind::exponential) return exponential_sigmas(low, high, count);
  return beta_sigmas(low, high, count);
}

bool takes_custom_timesteps(SchedulerClass scheduler) {
  return scheduler == SchedulerClass::euler || scheduler == SchedulerClass::heun;
}

RunPoints from_sigmas(const SchedulerConfig& config, const TrainingSchedule& training, const RunRequest& request) {
  if (config.scheduler != SchedulerClass::euler) refuse_run(config, "it takes no sigmas", "give the number of steps");
  if (request.sigmas.size() < 2) refuse_run(config, "at least two sigmas are needed", "end the list with 0");
  RunPoints points;
  for (const double sigma : request.sigmas) points.sigmas.push_back(static_cast<float>(sigma));
  for (size_t i = 0; i + 1 < points.sigmas.size(); ++i)
    points.timesteps.push_back(static_cast<float>(training.timestep_of(points.sigmas[i])));
  return points;
}

}  // namespace

RunPoints sigma_run_points(const SchedulerConfig& config, const TrainingSchedule& training, const RunRequest& request) {
  RunPoints points;
  if (!request.sigmas.empty()) {
    points = from_sigmas(config, training, request);
  } else {
    std::vector<double> timesteps = request.timesteps;
    if (!timesteps.empty() && (!takes_custom_timesteps(config.scheduler) || config.sigmas != SigmaKind::training))
      refuse_run(config, "it takes no timesteps", "give the number of steps");
    const int steps = requested_steps(config, request, most_sigma_steps);
    if (timesteps.empty())
      timesteps =
          spaced_timesteps(config.spacing, config.num_train_timesteps, steps, config.steps_offset, /*rounded=*/false);
    std::vector<double> sigmas;
    for (const double t : timesteps) sigmas.push_back(training.sigma_at(t));
    if (config.log_linear_sigmas) {
      const auto ramp = linspace_float(training.log_sigmas().back(), training.log_sigmas().front(), steps + 1);
      sigmas.clear();
      for (const float value : ramp) sigmas.push_back(std::exp(value));
    }
    if (config.sigmas != SigmaKind::training) {
      if (config.log_linear_sigmas) sigmas = {sigmas.front(), sigmas.back()};  // only the ends matter from here on
      sigmas.resize(static_cast<size_t>(steps), sigmas.back());
      sigmas = respaced(config, sigmas);
      timesteps.clear();
      const bool rounded = config.sigmas == SigmaKind::karras && (config.scheduler == SchedulerClass::kdpm2 ||
                                                                  config.scheduler == SchedulerClass::kdpm2_ancestral);
      for (const double sigma : sigmas) {
        const double t = training.timestep_of(sigma);
        timesteps.push_back(rounded ? std::nearbyint(t) : t);
      }
    }
    for (const double t : timesteps) points.timesteps.push_back(static_cast<float>(t));
    for (const double sigma : sigmas) points.sigmas.push_back(static_cast<float>(sigma));
    points.sigmas.push_back(config.final_sigma_zero ? 0.0f : training.sigmas().front());
  }
  if (config.continuous_timesteps && config.prediction == Prediction::v) {
    points.timesteps.clear();
    for (size_t i = 0; i + 1 < points.sigmas.size(); ++i)
      points.timesteps.push_back(0.25f * std::log(points.sigmas[i]));
  }
  return points;
}

}  // namespace diptych::diffusion
