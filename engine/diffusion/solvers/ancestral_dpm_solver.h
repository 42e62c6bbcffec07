// DPM++ 2S ancestral and DPM++ SDE (k-diffusion): two evaluations per step, the first at the middle of the step in
// lambda, and fresh noise on the way. The last step goes to sigma 0 and has one evaluation.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/diffusion/solvers/exponential_solver.h"

namespace diptych::diffusion {

enum class AncestralDpm { two_stage, sde };

// The sigma of each step's middle, for steps s_0 .. s_N (one per step that has two evaluations).
std::vector<float> ancestral_dpm_midpoints(AncestralDpm kind, Space space, std::span<const float> sigmas, double eta);

// `schedule.sigmas`: s_0, middle, s_1, middle, ..., s_{N-1}, s_N; timesteps accordingly.
std::unique_ptr<Solver> make_ancestral_dpm(AncestralDpm kind, Schedule schedule, const ExponentialModel& model,
                                           double eta);

}  // namespace diptych::diffusion
