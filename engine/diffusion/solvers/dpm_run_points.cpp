// Timesteps and sigmas of the exponential integrators: DPM-Solver, UniPC, DEIS. Their timesteps are whole numbers.
#include <algorithm>
#include <cmath>

#include "engine/diffusion/schedules/sigma_spacing.h"
#include "engine/diffusion/solvers/scheduler_run.h"

namespace diptych::diffusion {
namespace {

struct Points {
  std::vector<double> timesteps, sigmas;
};

bool is_dpm(SchedulerClass scheduler) {
  return scheduler == SchedulerClass::dpmsolver_multistep || scheduler == SchedulerClass::dpmsolver_singlestep;
}

// Training timesteps left when those with lambda below the limit are cut off (cosine schedules end at -infinity).
int usable_timesteps(const SchedulerConfig& config, const TrainingSchedule& training) {
  int cut = 0;
  for (; cut < training.timesteps(); ++cut) {
    const float alpha = training.alphas_cumprod()[static_cast<size_t>(training.timesteps() - 1 - cut)];
    const float lambda = std::log(std::sqrt(alpha)) - std::log(std::sqrt(1.0f - alpha));
    if (!(static_cast<double>(lambda) < config.lambda_min_clipped)) break;
  }
  return config.num_train_timesteps - cut;
}

std::vector<double> training_timesteps(const SchedulerConfig& config, const TrainingSchedule& training,
                                       const RunRequest& request, int steps) {
  if (!request.timesteps.empty()) return request.timesteps;
  const int usable = usable_timesteps(config, training);
  if (usable < 1) refuse_run(config, "lambda_min_clipped leaves no timestep", "lower it");
  const bool singlestep = config.scheduler == SchedulerClass::dpmsolver_singlestep;
  return spaced_timesteps_open(singlestep ? Spacing::linspace : config.spacing, config.num_train_timesteps, usable,
                               steps, singlestep ? 0 : config.steps_offset);
}

// Karras, exponential, beta or Lu's: between the ends of the training sigmas.
Points respaced(const SchedulerConfig& config, const TrainingSchedule& training, int steps) {
  const double low = config.sigma_min.value_or(training.sigmas().front());
  const double high = config.sigma_max.value_or(training.sigmas().back());
  Points points;
  switch (config.sigmas) {
    case SigmaKind::karras:
      points.sigmas = karras_sigmas(low, high, steps);
      break;
    case SigmaKind::lu:
      points.sigmas = linspace(training.log_sigmas().back(), training.log_sigmas().front(), steps);
      for (double& value : points.sigmas) value = std::exp(value);
      break;
    case SigmaKind::beta:
      points.sigmas = beta_sigmas(low, high, steps);
      break;
    default:
      points.sigmas = exponential_sigmas(low, high, steps);
      break;
  }
  const bool multistep = config.scheduler == SchedulerClass::dpmsolver_multistep;
  const bool rounded = (config.sigmas == SigmaKind::karras || config.sigmas == SigmaKind::lu) &&
                       !(multistep && config.beta_schedule == BetaSchedule::squaredcos_cap_v2);
  const bool flow =
      config.flow_sigmas && config.scheduler == SchedulerClass::unipc_multistep && config.sigmas == SigmaKind::karras;
  for (double& sigma : points.sigmas) {
    if (flow) {
      sigma = sigma / (sigma + 1);
      points.timesteps.push_back(sigma * config.num_train_timesteps);
      continue;
    }
    const double t = training.timestep_of(sigma);
    points.timesteps.push_back(rounded ? std::nearbyint(t) : t);
  }
  return points;
}

Points dpm_flow(const SchedulerConfig& config, const RunRequest& request, int steps) {
  const double shift = request.mu ? std::exp(*request.mu) : config.shift;
  Points points;
  std::vector<double> alphas = linspace(1, 1.0 / config.num_train_timesteps, steps + 1);
  for (size_t i = alphas.size(); i-- > 1;) points.sigmas.push_back(shift_flow(1.0 - alphas[i], shift));
  for (const double sigma : points.sigmas) points.timesteps.push_back(sigma * config.num_train_timesteps);
  return points;
}

Points unipc_flow(const SchedulerConfig& config, const RunRequest& request, int steps) {
  Points points;
  points.sigmas = request.sigmas;
  if (points.sigmas.empty()) {
    points.sigmas = linspace(1, 1.0 / config.num_train_timesteps, steps + 1);
    points.sigmas.pop_back();
  }
  for (double& sigma : points.sigmas) {
    if (!config.dynamic_shift)
      sigma = shift_flow(sigma, config.shift);
    else
      sigma =
          config.linear_time_shift ? shift_flow_linear(sigma, *request.mu) : shift_flow_exponential(sigma, *request.mu);
  }
  if (config.shift_terminal) stretch_to_terminal(points.sigmas, *config.shift_terminal);
  constexpr double off_one = 1e-6;  // lambda is minus infinity at sigma 1
  if (std::fabs(points.sigmas.front() - 1) < off_one) points.sigmas.front() -= off_one;
  for (const double sigma : points.sigmas) points.timesteps.push_back(sigma * config.num_train_timesteps);
  return points;
}

double last_sigma(const SchedulerConfig& config, const TrainingSchedule& training, double lowest) {
  const double trained = training.sigmas().front();
  if (config.scheduler == SchedulerClass::deis_multistep)
    return config.sigmas == SigmaKind::training ? trained : lowest;
  if (config.final_sigma_zero) return 0;
  return is_dpm(config.scheduler) || config.sigmas == SigmaKind::training ? trained : lowest;
}

void check_request(const SchedulerConfig& config, const RunRequest& request) {
  const bool unipc = config.scheduler == SchedulerClass::unipc_multistep;
  if (!request.timesteps.empty() && (!is_dpm(config.scheduler) || (config.sigmas != SigmaKind::training)))
    refuse_run(config, "it takes no timesteps with these sigmas", "give the number of steps");
  if (!request.sigmas.empty() && !(unipc && config.sigmas == SigmaKind::flow))
    refuse_run(config, "it takes no sigmas", "give the number of steps");
  if (unipc && config.dynamic_shift && !request.mu)
    refuse_run(config, "its shift is dynamic and needs mu", "give mu, which follows from the image's size");
  if (!unipc && request.mu && !config.dynamic_shift)
    refuse_run(config, "its shift is not dynamic", "leave mu out or set use_dynamic_shifting");
}

}  // namespace

RunPoints dpm_run_points(const SchedulerConfig& config, const TrainingSchedule& training, const RunRequest& request) {
  check_request(config, request);
  const int steps = requested_steps(config, request, config.num_train_timesteps);
  Points points;
  if (config.sigmas == SigmaKind::training) {
    points.timesteps = training_timesteps(config, training, request, steps);
    for (const double t : points.timesteps) points.sigmas.push_back(training.sigma_at(t));
  } else if (config.sigmas != SigmaKind::flow) {
    points = respaced(config, training, steps);
  } else {
    points = config.scheduler == SchedulerClass::unipc_multistep ? unipc_flow(config, request, steps)
                                                                 : dpm_flow(config, request, steps);
  }
  RunPoints run;
  for (const double t : points.timesteps) run.timesteps.push_back(static_cast<float>(std::trunc(t)));
  for (const double sigma : points.sigmas) run.sigmas.push_back(static_cast<float>(sigma));
  run.sigmas.push_back(static_cast<float>(last_sigma(config, training, points.sigmas.back())));
  return run;
}

}  // namespace diptych::diffusion
