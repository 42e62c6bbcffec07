// UniPC (Zhao et al. 2023): a multistep predictor whose step is corrected with the model value at its end, which the
// next step needs anyway.
#pragma once

#include <memory>
#include <vector>

#include "engine/diffusion/solvers/exponential_solver.h"

namespace diptych::diffusion {

enum class UniPcForm { bh1, bh2 };  // B(h) = h or exp(h) - 1

struct UniPcOptions {
  UniPcForm form = UniPcForm::bh2;
  int order = 2;  // at least 1
  bool predicts_clean = true;
  bool lower_order_final = true;
  std::vector<int> no_corrector;  // steps that are not corrected
};

std::unique_ptr<Solver> make_unipc(Schedule schedule, const ExponentialModel& model, UniPcOptions options);

}  // namespace diptych::diffusion
