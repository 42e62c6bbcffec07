// Base of the exponential integrators (DPM-Solver, UniPC, DEIS): the model's output becomes the predicted clean sample
// or noise, of which a short history is kept.
#pragma once

#include <deque>
#include <vector>

#include "engine/diffusion/solvers/sample_limit.h"
#include "engine/diffusion/solvers/solver.h"

namespace diptych::diffusion {

struct ExponentialModel {
  Space space = Space::preserving;
  Prediction prediction = Prediction::epsilon;
  SampleLimit limit;
  float init_noise_sigma = 1;
  bool scales_input = false;      // exploding samples: the model wants them at unit variance
  bool learned_variance = false;  // the output may carry variances, which are not used
};

class ExponentialSolver : public Solver {
 public:
  float init_noise_sigma() const override { return model_.init_noise_sigma; }
  void add_noise(std::span<float> sample, std::span<const float> noise) const override;
  void scale_model_input(std::span<float> input) const override;

 protected:
  using Values = std::vector<float>;

  ExponentialSolver(Schedule schedule, const ExponentialModel& model) : Solver(std::move(schedule)), model_(model) {}

  Mix mix(int index) const { return mix_at(model_.space, schedule().sigmas[static_cast<size_t>(index)]); }
  float lambda(int index) const;

  Values predicted_clean(std::span<const float> output, std::span<const float> sample) const;
  Values predicted_noise(std::span<const float> output, std::span<const float> sample) const;

  void remember(Values value, int order);  // drops what is older than `order`
  const Values& past(int steps) const { return history_[static_cast<size_t>(steps)]; }  // 0: the newest
  int remembered() const { return static_cast<int>(history_.size()); }

  bool takes_learned_variance() const override { return model_.learned_variance; }

 private:
  Values first_half(std::span<const float> output, size_t values) const;

  ExponentialModel model_;
  std::deque<Values> history_;  // newest first
};

}  // namespace diptych::diffusion
