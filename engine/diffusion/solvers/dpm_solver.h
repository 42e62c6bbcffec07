// DPM-Solver and DPM-Solver++ (Lu et al. 2022), their SDE variants, multistep and singlestep.
#pragma once

#include <memory>
#include <vector>

#include "engine/diffusion/solvers/dpm_coefficients.h"
#include "engine/diffusion/solvers/exponential_solver.h"

namespace diptych::diffusion {

struct DpmOptions {
  DpmAlgorithm algorithm = DpmAlgorithm::dpmsolver_pp;
  DpmForm form = DpmForm::midpoint;
  int order = 2;                    // 1 to 3
  bool lower_order_final = true;    // fewer than 15 steps: the last step is of order 1, the one before of at most 2
  bool first_order_at_end = false;  // the last step is of order 1 in any case, as a step to sigma 0 must be
  bool consistent_sde = false;      // see dpm_coefficients()
  double eta = 1;                   // the same
};

std::unique_ptr<Solver> make_dpm_multistep(Schedule schedule, const ExponentialModel& model, const DpmOptions& options);

// `orders`: the order of every step; 1, 2, 3 in turn are the stages of one large step.
std::unique_ptr<Solver> make_dpm_singlestep(Schedule schedule, const ExponentialModel& model, const DpmOptions& options,
                                            std::vector<int> orders);
std::vector<int> singlestep_orders(int steps, int order, bool lower_order_final, bool first_order_at_end);

}  // namespace diptych::diffusion
