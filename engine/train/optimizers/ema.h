// An exponential moving average of parameters over the steps, which often samples better than the last of them.
#pragma once

#include <vector>

#include "engine/core/context.h"
#include "engine/train/optimizers/state_tensor.h"
#include "engine/train/parameter.h"

namespace diptych::train {

class Ema {
 public:
  // The averages begin as the parameters are; memory of Owner::optimizer. `decay` in [0, 1): Error (invalid_argument).
  Ema(Context& ctx, const Parameters& parameters, double decay);

  // After a step. Early averages forget sooner: the decay is at most (1 + t) / (10 + t) after t updates, as in
  // diffusers' EMAModel.
  void update(Context& ctx, const Parameters& parameters);

  // Exchanges averages and values in place: once to sample or to export, and once again to go on.
  void swap(Context& ctx, const Parameters& parameters);

  double decay_at(int64_t update) const;  // of the update-th update, from 1

  const std::vector<StateTensor>& state() const { return state_; }  // "<parameter>", …, and "updates"

 private:
  double decay_;
  std::vector<StateTensor> state_;  // the averages in the parameters' order, then "updates", i64 [1]
};

}  // namespace diptych::train
