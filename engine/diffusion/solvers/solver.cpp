#include "engine/diffusion/solvers/solver.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "engine/core/error.h"

namespace diptych::diffusion {

float Solver::timestep() const {
  assert(!finished());
  return schedule_.timesteps[static_cast<size_t>(position_)];
}

void Solver::begin_at(int evaluation) {
  assert(position_ == 0 && evaluation >= 0 && evaluation <= evaluations());
  assert(evaluation % evaluations_per_step() == 0);
  position_ = evaluation;
}

void Solver::scale_model_input(std::span<float>) const {}

void Solver::step(std::span<const float> model_output, std::span<float> sample, NoiseSource& noise) {
  assert(!finished());
  const bool fits =
      model_output.size() == sample.size() || (takes_learned_variance() && model_output.size() == 2 * sample.size());
  if (!fits) {
    throw Error(ErrorCategory::invalid_argument, "cannot denoise", std::to_string(model_output.size()) + " values",
                "the sample has " + std::to_string(sample.size()),
                "use a scheduler configuration that belongs to this model");
  }
  advance(model_output, sample, noise);
  ++position_;
}

int skipped_evaluations(const Solver& solver, int steps, double strength, bool begins_early) {
  const double used = std::min(steps * strength, static_cast<double>(steps));
  int skipped = begins_early ? static_cast<int>(steps - used) : steps - static_cast<int>(used);
  if (strength > 0) skipped = std::min(skipped, steps - 1);
  return std::min(skipped * solver.evaluations_per_step(), solver.evaluations());
}

}  // namespace diptych::diffusion
