// Second-order solvers that evaluate the model twice per step, one evaluation at a time: Heun, DPM2, DPM2 ancestral.
// The last step goes to sigma 0 and has one evaluation. Schedules here list the steps' own sigmas s_0 .. s_N.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/diffusion/solvers/sample_limit.h"
#include "engine/diffusion/solvers/sigma_solver.h"

namespace diptych::diffusion {

// s_0, s_1, s_1, s_2, s_2, ..., s_N: one sigma per evaluation, and the same for timesteps.
Schedule heun_schedule(std::span<const float> sigmas, std::span<const float> timesteps);

// On a flow the derivative is the model's output; `limit` clips the predicted sample.
std::unique_ptr<Solver> make_heun(Schedule schedule, const SigmaModel& model, const SampleLimit& limit = {});

// Sigmas between the steps, at which the second evaluation happens: the geometric mean of a step's ends. `ancestral`:
// the share of noise that is put aside and added again, so that the end is what remains; none: DPM2 itself.
std::vector<float> dpm2_midpoints(std::span<const float> sigmas, std::optional<float> ancestral);
std::unique_ptr<Solver> make_dpm2(std::span<const float> sigmas, std::span<const float> timesteps,
                                  std::span<const float> midpoint_timesteps, const SigmaModel& model,
                                  std::optional<float> ancestral);

}  // namespace diptych::diffusion
