// Sigma schedules by the names that users of A1111 and ComfyUI know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/solvers/model_sampling.h"

namespace diptych::diffusion {

enum class NamedSchedule {
  normal,           // timesteps from the last to the first, equally spaced
  karras,           // rho 7
  exponential,      // equal ratios
  polyexponential,  // the same with rho 1
  sgm_uniform,      // as normal with one step more, which is left out
  simple,           // every k-th trained sigma, from the top
  ddim_uniform,     // every k-th trained timestep, from the bottom
  beta,             // timesteps at quantiles of the beta distribution (0.6, 0.6)
  kl_optimal,       // equal steps of arctan sigma
};

// "karras", "SGM Uniform", "sgm_uniform", ... Error (invalid_argument) lists the names.
NamedSchedule parse_named_schedule(std::string_view name);
std::string named_schedule_name(NamedSchedule schedule);  // our own, "sgm_uniform"
std::vector<std::string> named_schedules();

// Falling sigmas, the last one 0. Their number is steps + 1; "ddim_uniform" may have more, and all have fewer where
// trained timesteps are too few.
std::vector<float> named_sigmas(NamedSchedule schedule, const ModelSampling& model, int steps);

}  // namespace diptych::diffusion
