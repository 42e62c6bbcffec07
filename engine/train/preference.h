// Learning from which of two answers is better (DPO, Rafailov et al. 2023).
#pragma once

#include <span>
#include <vector>

#include "engine/model/causal_lm.h"

namespace diptych::train {

// The log probability of each sequence's labels, those of the batch's output rows in their order, in f64.
std::vector<double> answer_scores(Context& ctx, const CausalLm& model, const Batch& batch,
                                  std::span<const int32_t> labels);

struct PreferenceLoss {
  double value = 0;            // the mean over pairs
  std::vector<double> slopes;  // of the value by each sequence's score
};

// Sequence 2k is the better answer of pair k, 2k + 1 the worse one; `now` with what is trained, `before` without.
// With z = beta ((now - before) of the better - of the worse): -(1 - e) log s(z) - e log s(-z), e the smoothing
// (conservative DPO, Mitchell 2023).
PreferenceLoss preference_loss_of(std::span<const double> now, std::span<const double> before, double beta,
                                  double smoothing);

}  // namespace diptych::train
