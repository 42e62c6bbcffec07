// LCM and TCD along sigma, for any schedule: the clean sample is predicted and noised again to the next level.
#pragma once

#include <memory>
#include <vector>

#include "engine/diffusion/solvers/sigma_solver.h"

namespace diptych::diffusion {

// `lower`: per step, the level to which the predicted noise carries the sample before fresh noise raises it to the next
// level; 0 for LCM, which uses fresh noise only.
std::unique_ptr<Solver> make_sigma_consistency(Schedule schedule, const SigmaModel& model, std::vector<float> lower);

}  // namespace diptych::diffusion
