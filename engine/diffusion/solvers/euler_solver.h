// First-order solvers along sigma: Euler (with churn), Euler ancestral, and the same for flow matching.
#pragma once

#include <limits>
#include <memory>

#include "engine/diffusion/solvers/sigma_solver.h"

namespace diptych::diffusion {

// Karras et al. 2022, algorithm 2: noise put back before a step.
struct Churn {
  double churn = 0;
  double sigma_min = 0, sigma_max = std::numeric_limits<double>::infinity();
  double noise = 1;
};

std::unique_ptr<Solver> make_euler(Schedule schedule, const SigmaModel& model, const Churn& churn = {});

// eta 1 is the usual Euler a; on the exploding form it is also DDPM with the posterior's variance, and eta in between
// is DDIM's eta.
std::unique_ptr<Solver> make_euler_ancestral(Schedule schedule, const SigmaModel& model, double eta = 1);

// The output is the velocity itself. `stochastic`: predict the clean sample, then noise it again to the next level.
std::unique_ptr<Solver> make_flow_euler(Schedule schedule, bool stochastic = false);

}  // namespace diptych::diffusion
