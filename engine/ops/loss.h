// Losses: what training minimises. Each gives one value, f32 [1], and is the last op of a forward: its own gradient
// is 1.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/context.h"
#include "engine/ops/linear.h"

namespace diptych {

// The output layer of a language model: logits = softcap(hidden W^T).
struct OutputHead {
  Linear layer;
  float softcap = 0;  // 0: none
};

// Sum over rows of factors[row] * cross entropy of (hidden[row] -> logits) with labels[row]; a mean has factors of 1 /
// rows. hidden [rows, n]; labels in [0, vocabulary). Logits are made for some rows at a time and never all held (as in
// Wijmans et al. 2024, "Cut your losses"). Under a tape gradients are taken at once, before the rows' logits go.
Tensor cross_entropy(Context& ctx, const Tensor& hidden, const OutputHead& head, std::span<const int32_t> labels,
                     std::span<const float> factors);

// Sum over rows of factors[row] * mean((x[row] - target[row])^2), both [rows, …], contiguous.
Tensor mean_squared_error(Context& ctx, const Tensor& x, const Tensor& target, std::span<const float> factors);

// Log probabilities of the labels, f32 [rows], without a gradient: what evaluations and preference losses ask.
Tensor label_log_probabilities(Context& ctx, const Tensor& hidden, const OutputHead& head,
                               std::span<const int32_t> labels);

}  // namespace diptych
