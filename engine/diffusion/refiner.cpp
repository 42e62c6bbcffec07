#include "engine/diffusion/refiner.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

[[noreturn]] void refuse_refiner(const ImageModel& refiner, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot use refiner", refiner.pipeline, why, to_do);
}

}  // namespace

void check_refiner(const ImageModel& model, const RefinerStage& refiner) {
  const ImageModel& second = *refiner.model;
  const char* const other = "choose a refiner of the same family as the model";
  if (second.family != model.family || model.family == ImageFamily::dit) {
    refuse_refiner(second,
                   "it is of the family " + traits_of(second.family).name + ", the model, a " + model.pipeline +
                       ", of " + traits_of(model.family).name,
                   other);
  }
  const int64_t read = second.denoiser->info().in_channels;
  if (read != model.latent_channels()) {
    refuse_refiner(second,
                   "it reads latents of " + std::to_string(read) + " channels, the model's have " +
                       std::to_string(model.latent_channels()),
                   other);
  }
  if (second.scheduler.prediction != model.scheduler.prediction) {
    refuse_refiner(second, "it predicts something else than the model", other);
  }
  if (!(refiner.switch_at >= 0 && refiner.switch_at <= 1)) {
    refuse_refiner(second, "a switch at " + std::to_string(refiner.switch_at) + " is no part of the run",
                   "give 0 to 1; 0.8 is usual");
  }
}

int refined_evaluations(const Solver& solver, double switch_at, int trained_timesteps) {
  const double cutoff = std::round((1 - switch_at) * trained_timesteps);
  int first = solver.position();
  while (first < solver.evaluations() &&
         static_cast<double>(solver.schedule().timesteps[static_cast<size_t>(first)]) >= cutoff) {
    first += solver.evaluations_per_step();
  }
  return std::max(0, solver.evaluations() - first);
}

}  // namespace diptych::diffusion
