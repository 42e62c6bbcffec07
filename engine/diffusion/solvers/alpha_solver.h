// Solvers that step between training timesteps by alpha-bar: DDIM, DDPM, PNDM, and the consistency solvers LCM and TCD.
#pragma once

#include <memory>
#include <vector>

#include "engine/diffusion/solvers/sample_limit.h"
#include "engine/diffusion/solvers/solver.h"

namespace diptych::diffusion {

struct AlphaModel {
  std::vector<float> alphas_cumprod;  // of every training timestep
  float final_alpha_cumprod = 1;      // before the first one
  Prediction prediction = Prediction::epsilon;
  SampleLimit limit;
};

class AlphaSolver : public Solver {
 public:
  void add_noise(std::span<float> sample, std::span<const float> noise) const override;

 protected:
  AlphaSolver(Schedule schedule, AlphaModel model) : Solver(std::move(schedule)), model_(std::move(model)) {}

  int whole_timestep() const { return static_cast<int>(timestep()); }
  // The timestep of the evaluation after the next one; `last` where there is none.
  int following_timestep(int last) const;
  float alpha_bar(int timestep) const;  // final_alpha_cumprod below 0
  // The clean sample that the output stands for, limited.
  std::vector<float> clean_sample(int timestep, std::span<const float> output, std::span<const float> sample) const;
  // The noise that the output stands for; `clean` is the unlimited clean sample (used by Prediction::sample).
  std::vector<float> noise_in(int timestep, std::span<const float> output, std::span<const float> sample) const;

  const AlphaModel& model() const { return model_; }

 private:
  AlphaModel model_;
};

// stride: training timesteps between two steps of the run; eta 0 is deterministic.
std::unique_ptr<Solver> make_ddim(Schedule schedule, AlphaModel model, int stride, double eta = 0);

enum class Variance { fixed_small, fixed_small_log, fixed_large, fixed_large_log, learned, learned_range };
std::unique_ptr<Solver> make_ddpm(Schedule schedule, AlphaModel model, Variance variance);

// `runge_kutta`: how many of the timesteps, from the first, are Runge-Kutta evaluations (four per step).
std::unique_ptr<Solver> make_pndm(Schedule schedule, AlphaModel model, int stride, int runge_kutta);

// `steps`: the run's steps, the last of which adds no noise.
std::unique_ptr<Solver> make_lcm(Schedule schedule, AlphaModel model, int steps, double timestep_scaling);
std::unique_ptr<Solver> make_tcd(Schedule schedule, AlphaModel model, int steps, double eta);

}  // namespace diptych::diffusion
