// Adams-Bashforth along sigma with the coefficients of unequal steps (Katherine Crowson's LMS), and pseudo linear
// multistep (Liu et al. 2022, PLMS) with the coefficients of equal ones.
#pragma once

#include <memory>

#include "engine/diffusion/solvers/sigma_solver.h"

namespace diptych::diffusion {

// The integral from sigmas[index] to sigmas[index + 1] of the Lagrange polynomial that is one at sigmas[index - which].
double lms_coefficient(std::span<const float> sigmas, int order, int index, int which);

// `order_by_index`: an image-to-image run that begins at step k takes the coefficients of order k + 1 although it has
// no history yet (the reference does); otherwise the order grows with the history.
std::unique_ptr<Solver> make_lms(Schedule schedule, const SigmaModel& model, bool order_by_index, int order = 4);

// The first step is Heun's, so the schedule's second timestep occurs twice: see plms_schedule().
std::unique_ptr<Solver> make_plms(Schedule schedule, const SigmaModel& model);
Schedule plms_schedule(std::span<const float> sigmas, std::span<const float> timesteps);

}  // namespace diptych::diffusion
