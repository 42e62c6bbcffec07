#include "engine/diffusion/solvers/model_sampling.h"

#include <cmath>

#include "engine/diffusion/schedules/sigma_spacing.h"

namespace diptych::diffusion {

ModelSampling::ModelSampling(const SchedulerConfig& config, std::optional<double> mu)
    : prediction_(config.prediction), timesteps_(config.known_timesteps()) {
  flow_ = config.scheduler == SchedulerClass::flow_match_euler || config.scheduler == SchedulerClass::flow_match_heun ||
          config.flow_sigmas || config.prediction == Prediction::flow;
  if (flow_) {
    prediction_ = Prediction::flow;
    shift_ = config.shift;
    if (config.dynamic_shift) {
      const double given = mu.value_or(config.max_shift);
      shift_ = config.linear_time_shift ? given : std::exp(given);
    }
    return;
  }
  SchedulerConfig along_sigma = config;  // sigmas must be finite, whatever solver the configuration names
  along_sigma.scheduler = SchedulerClass::euler;
  training_ = along_sigma.training_schedule();
}

double ModelSampling::sigma_at(double number) const {
  if (flow_) return shift_flow((number + 1) / timesteps_, shift_);
  return std::exp(training_->log_sigma_at(number));
}

float ModelSampling::timestep_of(float sigma) const {
  if (flow_) return sigma * static_cast<float>(timesteps_);
  return static_cast<float>(training_->timestep_of(sigma));
}

}  // namespace diptych::diffusion
