// DEIS (Zhang and Chen 2022), the multistep variant that fits polynomials in log rho, rho = sigma / alpha.
#pragma once

#include <memory>

#include "engine/diffusion/solvers/exponential_solver.h"

namespace diptych::diffusion {

// order 1 to 3; `lower_order_final` as for DPM-Solver.
std::unique_ptr<Solver> make_deis(Schedule schedule, const ExponentialModel& model, int order, bool lower_order_final);

}  // namespace diptych::diffusion
