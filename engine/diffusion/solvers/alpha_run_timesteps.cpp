// Timesteps of the solvers that step by alpha-bar: DDIM, DDPM, PNDM, and the consistency solvers.
#include <algorithm>
#include <cmath>

#include "engine/diffusion/solvers/scheduler_run.h"

namespace diptych::diffusion {
namespace {

std::vector<float> as_float(const std::vector<double>& values) {
  std::vector<float> result;
  result.reserve(values.size());
  for (const double value : values) result.push_back(static_cast<float>(value));
  return result;
}

// alpha-bar is known for training timesteps only.
void check_range(const SchedulerConfig& config, const std::vector<double>& timesteps) {
  for (const double t : timesteps) {
    if (!(t >= 0 && t < config.known_timesteps()))
      refuse_run(config,
                 "timestep " + std::to_string(static_cast<int64_t>(t)) + " is none of the " +
                     std::to_string(config.known_timesteps()) + " that the model was trained on",
                 "take fewer steps or another steps_offset");
  }
}

// Rounding makes one more of "trailing" with some numbers of steps, as it does in NumPy, which lies before the first.
void leave_out_negative(std::vector<double>& timesteps) {
  while (timesteps.size() > 1 && timesteps.back() < 0) timesteps.pop_back();
}

std::vector<double> custom_timesteps(const SchedulerConfig& config, const RunRequest& request) {
  for (size_t i = 1; i < request.timesteps.size(); ++i)
    if (request.timesteps[i] >= request.timesteps[i - 1])
      refuse_run(config, "the timesteps do not fall", "sort them from high to low");
  check_range(config, request.timesteps);
  std::vector<double> timesteps = request.timesteps;
  for (double& t : timesteps) t = std::trunc(t);
  return timesteps;
}

}  // namespace

std::vector<float> alpha_run_timesteps(const SchedulerConfig& config, const RunRequest& request) {
  if (!request.timesteps.empty()) {
    if (config.scheduler != SchedulerClass::ddpm)
      refuse_run(config, "it takes no timesteps", "give the number of steps");
    return as_float(custom_timesteps(config, request));
  }
  const int steps = requested_steps(config, request, config.num_train_timesteps);
  std::vector<double> timesteps =
      spaced_timesteps(config.spacing, config.num_train_timesteps, steps,
                       config.spacing == Spacing::leading ? config.steps_offset : 0, /*rounded=*/true);
  leave_out_negative(timesteps);
  check_range(config, timesteps);
  return as_float(timesteps);
}

std::vector<float> pndm_run_timesteps(const SchedulerConfig& config, const RunRequest& request) {
  if (!request.timesteps.empty()) refuse_run(config, "it takes no timesteps", "give the number of steps");
  const int steps = requested_steps(config, request, config.num_train_timesteps);
  std::vector<double> spaced =
      spaced_timesteps(config.spacing, config.num_train_timesteps, steps, config.steps_offset, /*rounded=*/true);
  leave_out_negative(spaced);
  std::vector<double> timesteps = spaced;
  if (config.skip_prk_steps) {
    if (timesteps.size() > 1) timesteps.insert(timesteps.begin() + 1, timesteps[1]);
  } else {
    if (spaced.size() < 4)
      refuse_run(config, "its Runge-Kutta steps need at least 4 steps", "take more steps or set skip_prk_steps");
    // Four evaluations from each of the first timesteps to the next: there, twice halfway, at the next one.
    const int half = config.num_train_timesteps / steps / 2;
    timesteps.clear();
    for (size_t i = 0; i < 3; ++i) {
      const double middle = spaced[i + 1] + half;
      timesteps.insert(timesteps.end(), {spaced[i], middle, middle, spaced[i + 1]});
    }
    timesteps.insert(timesteps.end(), spaced.begin() + 3, spaced.end());
  }
  check_range(config, timesteps);
  return as_float(timesteps);
}

std::vector<float> consistency_run_timesteps(const SchedulerConfig& config, const RunRequest& request) {
  const int train = config.num_train_timesteps;
  const int original = request.original_inference_steps.value_or(config.original_inference_steps);
  if (original < 1 || original > train)
    refuse_run(config, "the original steps lie outside of 1 to " + std::to_string(train),
               "take the number it was distilled with");
  if (!request.timesteps.empty()) {
    std::vector<double> timesteps = custom_timesteps(config, request);
    const auto count = static_cast<int>(timesteps.size());
    const int used = std::min(static_cast<int>(count * request.strength), count);
    timesteps.erase(timesteps.begin(), timesteps.begin() + std::max(count - used, 0));
    return as_float(timesteps);
  }
  const int steps = requested_steps(config, request, train);
  std::vector<int> distilled;  // ascending
  if (config.scheduler == SchedulerClass::tcd && request.original_inference_steps) {
    for (int t = 0; t < static_cast<int>(train * request.strength); ++t) distilled.push_back(t);
  } else {
    for (int i = 1; i <= static_cast<int>(original * request.strength); ++i)
      distilled.push_back(i * (train / original) - 1);
  }
  if (steps > original || static_cast<int>(distilled.size()) < steps)
    refuse_run(config,
               std::to_string(steps) + " steps are more than the " +
                   std::to_string(std::min<size_t>(distilled.size(), static_cast<size_t>(original))) +
                   " of its distillation that are in use",
               "take fewer steps or a higher strength");
  std::vector<double> timesteps;
  for (int i = 0; i < steps; ++i) {
    const double place = std::floor(i * (static_cast<double>(distilled.size()) / steps));
    timesteps.push_back(distilled[distilled.size() - 1 - static_cast<size_t>(place)]);
  }
  check_range(config, timesteps);
  return as_float(timesteps);
}

}  // namespace diptych::diffusion
