// diffusers' schedulers: from a configuration and a run's arguments to the solver that takes the same steps.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "engine/diffusion/solvers/euler_solver.h"
#include "engine/diffusion/solvers/scheduler_config.h"
#include "engine/diffusion/solvers/solver.h"

namespace diptych::diffusion {

// What set_timesteps() and step() take there. Exactly one of steps, timesteps and sigmas says how long the run is
// (flow matching takes steps beside the others, when they agree).
struct RunRequest {
  int steps = 0;
  std::vector<double> timesteps;                // high to low
  std::vector<double> sigmas;                   // high to low; Euler: with the final one
  std::optional<double> mu;                     // dynamic shift
  std::optional<int> original_inference_steps;  // LCM, TCD
  double strength = 1;                          // LCM, TCD: spreads the steps over the last part of the schedule
  std::optional<double> eta;                    // DDIM (0), TCD (0.3)
  Churn churn;                                  // Euler
  int batch = 1;                                // images; they are thresholded one by one
};

// Errors (invalid_argument): a run that the configuration does not allow, as there.
std::unique_ptr<Solver> make_solver(const SchedulerConfig& config, const RunRequest& request);

// Points of a run before a solver arranges them: sigmas have one value more than timesteps.
struct RunPoints {
  std::vector<float> timesteps;
  std::vector<float> sigmas;
};

RunPoints sigma_run_points(const SchedulerConfig& config, const TrainingSchedule& training, const RunRequest& request);
RunPoints dpm_run_points(const SchedulerConfig& config, const TrainingSchedule& training, const RunRequest& request);
RunPoints flow_run_points(const SchedulerConfig& config, const RunRequest& request);
std::vector<float> alpha_run_timesteps(const SchedulerConfig& config, const RunRequest& request);
std::vector<float> pndm_run_timesteps(const SchedulerConfig& config, const RunRequest& request);
std::vector<float> consistency_run_timesteps(const SchedulerConfig& config, const RunRequest& request);

// The length of the run. `most`: more steps than that are an Error.
int requested_steps(const SchedulerConfig& config, const RunRequest& request, int most);

[[noreturn]] void refuse_run(const SchedulerConfig& config, const std::string& why, const std::string& to_do);

}  // namespace diptych::diffusion
