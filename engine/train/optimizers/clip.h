// Clipping of gradients by their total norm, as torch.nn.utils.clip_grad_norm_ does.
#pragma once

#include <string>

#include "engine/core/context.h"
#include "engine/train/parameter.h"

namespace diptych::train {

struct GradientNorm {
  double norm = 0;              // the total 2-norm before clipping
  std::string not_finite = {};  // the first parameter whose gradient is no number; empty: all are numbers

  bool finite() const { return not_finite.empty(); }
};

// Multiplies all gradients by max_norm / (norm + 1e-6) where that is below 1; 0: measures only. Where one is not finite
// nothing is changed: the caller must not step.
GradientNorm clip_gradients(Context& ctx, const Parameters& parameters, double max_norm);

}  // namespace diptych::train
