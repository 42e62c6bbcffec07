// Base of the solvers that move a sample along sigma: k-diffusion's form, x0 + s e, or flow matching, (1 - s) x0 + s e.
#pragma once

#include <vector>

#include "engine/diffusion/solvers/solver.h"

namespace diptych::diffusion {

struct SigmaModel {
  Space space = Space::exploding;  // exploding or flow
  Prediction prediction = Prediction::epsilon;
  float init_noise_sigma = 1;
};

class SigmaSolver : public Solver {
 public:
  float init_noise_sigma() const override { return model_.init_noise_sigma; }
  void add_noise(std::span<float> sample, std::span<const float> noise) const override;
  void scale_model_input(std::span<float> input) const override;

 protected:
  SigmaSolver(Schedule schedule, const SigmaModel& model) : Solver(std::move(schedule)), model_(model) {}

  // The noise level of the next evaluation.
  virtual float input_sigma() const;
  float sigma(int index) const { return schedule().sigmas[static_cast<size_t>(index)]; }
  bool is_flow() const { return model_.space == Space::flow; }

  // The clean sample that the output stands for, at noise level `sigma`.
  std::vector<float> denoised(float sigma, std::span<const float> output, std::span<const float> sample) const;

 private:
  SigmaModel model_;
};

// How an ancestral step splits: deterministically from `from` to `down`, then fresh noise of level `up`.
struct AncestralStep {
  float down, up;
};
AncestralStep ancestral_step(float from, float to, float eta);

// The same on a flow, where the sample must be scaled when noise is added (Esser et al. 2024 form of alpha = 1 - s).
struct FlowAncestralStep {
  float down, scale, up;
};
FlowAncestralStep flow_ancestral_step(float from, float to, float eta);

}  // namespace diptych::diffusion
