// A solver walks one run from noise to a sample: for each evaluation
//
//   std::vector<float> input(sample); solver.scale_model_input(input);
//   output = model(input, solver.timestep());
//   solver.step(output, sample, noise);
//
// It holds the run's history, so there is one object per run. Latents are flat, [batch, values of one image].
#pragma once

#include <span>

#include "engine/diffusion/noise/noise_source.h"
#include "engine/diffusion/schedules/schedule.h"

namespace diptych::diffusion {

class Solver {
 public:
  virtual ~Solver() = default;
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  const Schedule& schedule() const { return schedule_; }
  int evaluations() const { return static_cast<int>(schedule_.timesteps.size()); }
  int position() const { return position_; }  // the evaluation that comes next
  bool finished() const { return position_ >= evaluations(); }
  float timestep() const;  // of the next evaluation

  // 2 for solvers that evaluate the model twice per step; a run may begin only at a multiple of it.
  virtual int evaluations_per_step() const { return 1; }

  // Image-to-image: leaves out what comes before. Only before the first step.
  void begin_at(int evaluation);

  // Unit noise times this is the sample that a run from pure noise begins with.
  virtual float init_noise_sigma() const { return 1; }

  // A clean sample becomes the noisy one of the next evaluation; in place.
  virtual void add_noise(std::span<float> sample, std::span<const float> noise) const = 0;

  // The sample as the model wants it; in place on a copy.
  virtual void scale_model_input(std::span<float> input) const;

  // One evaluation's result moves the sample. `model_output` has the sample's size, or twice that where the model also
  // predicts variances (the second half of each image's values). Error (invalid_argument) where the sizes do not fit.
  void step(std::span<const float> model_output, std::span<float> sample, NoiseSource& noise);

 protected:
  explicit Solver(Schedule schedule) : schedule_(std::move(schedule)) {}

  virtual void advance(std::span<const float> model_output, std::span<float> sample, NoiseSource& noise) = 0;
  virtual bool takes_learned_variance() const { return false; }

 private:
  Schedule schedule_;
  int position_ = 0;
};

// How many evaluations an image-to-image run leaves out: strength 1 leaves out none, 0 all, and any other at most all
// but one step. Of steps * strength what is no whole step is left out, or done where the run `begins_early` (diffusers'
// pipelines of flows).
int skipped_evaluations(const Solver& solver, int steps, double strength, bool begins_early = false);

}  // namespace diptych::diffusion
