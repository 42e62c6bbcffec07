// Learning rates over the steps of a run, as transformers.get_scheduler computes them (the first step is 0).
//
// warmup_stable_decay stays at its peak and goes down at the end alone, as 1 - sqrt (Hägele et al. 2024), so that a run
// can be made longer or shorter while it is at its peak.
#pragma once

#include <cstdint>
#include <string_view>

namespace diptych::train {

enum class RateShape { constant, linear, cosine, cosine_restarts, polynomial, warmup_stable_decay };
std::string_view rate_shape_name(RateShape shape);  // "constant", "cosine_with_restarts", …: as recipes have it
RateShape parse_rate_shape(std::string_view name);  // Error (invalid_argument) names what is known

struct LearningRate {
  RateShape shape = RateShape::constant;
  double peak = 1e-4;
  int64_t warmup_steps = 0;  // rises in a line; with any, the rate of step 0 is 0
  int64_t total_steps = 0;   // with the warm-up; constant does not need it
  int64_t decay_steps = 0;   // warmup_stable_decay: the last ones
  double cycles = 1;         // cosine_restarts
  double power = 1;          // polynomial …
  double end = 1e-7;         // … which goes down to this, and stays there

  double at(int64_t step) const;
};

// Error (invalid_argument): what cannot be computed, or is surely a mistake.
void check_learning_rate(const LearningRate& rate);

}  // namespace diptych::train
