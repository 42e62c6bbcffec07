// Mixtures of experts (Shazeer et al. 2017): each token goes through a few of many feed-forward layers. What is
// allocated and declared does not depend on which ones: rows are sorted by expert, and the expected share of experts
// that any token chooses counts as read.
#pragma once

#include <span>
#include <vector>

#include "engine/ops/linear.h"

namespace diptych {

struct ExpertRouting {
  int64_t per_token = 0;         // choices of each token
  std::vector<int32_t> rows;     // [choices]: tokens in the order in which experts read them
  std::vector<int64_t> offsets;  // [experts + 1]: those of expert e are offsets[e] … offsets[e + 1] - 1
  std::vector<int32_t> places;   // [choices]: where in that order each token's choices stand, the likeliest first
  std::vector<float> weights;    // [choices], in the order of places
  Tensor logits;                 // where they are trained through, for the way back: combine_experts() takes it
  bool normalised = false;
};

// logits [tokens, experts]: the `per_token` likeliest experts of each token by softmax, ties to the first one;
// `normalised`: their weights sum to 1. On meta the load is even.
ExpertRouting route(Context& ctx, const Tensor& logits, int64_t per_token, bool normalised);

// x [choices, cols] in the order of routing.rows, each row by its expert's layer -> [choices, rows]. The layers' blocks
// are of the same sizes and types.
Tensor expert_linear(Context& ctx, const Tensor& x, std::span<const Linear> experts, const ExpertRouting& routing);

// y [choices, n] -> [tokens, n]: each token's choices, weighted and summed.
Tensor combine_experts(Context& ctx, const Tensor& y, const ExpertRouting& routing);

}  // namespace diptych
