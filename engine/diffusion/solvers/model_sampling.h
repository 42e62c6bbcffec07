// What a model knows of noise levels, independent of who samples: the sigmas it was trained on, as k-diffusion counts
// them (exploding) or as a flow, and the timestep that it is told for each.
#pragma once

#include <optional>
#include <vector>

#include "engine/diffusion/solvers/scheduler_config.h"

namespace diptych::diffusion {

class ModelSampling {
 public:
  // From the model's own scheduler configuration. `mu`: the image's shift where the configuration's is dynamic
  // (none: the one for its largest image).
  explicit ModelSampling(const SchedulerConfig& config, std::optional<double> mu = {});

  Space space() const { return flow_ ? Space::flow : Space::exploding; }
  Prediction prediction() const { return prediction_; }
  int timesteps() const { return timesteps_; }

  // Sigma of the trained timestep with this number, 0 to timesteps() - 1, ascending; between them interpolated in log
  // sigma (exploding), exactly (flow).
  double sigma_at(double number) const;
  double sigma_min() const { return sigma_at(0); }
  double sigma_max() const { return sigma_at(timesteps_ - 1); }

  float timestep_of(float sigma) const;  // what the model is told

 private:
  bool flow_ = false;
  Prediction prediction_ = Prediction::epsilon;
  int timesteps_ = 1000;
  double shift_ = 1;
  std::optional<TrainingSchedule> training_;
};

}  // namespace diptych::diffusion
