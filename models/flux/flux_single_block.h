// FLUX's second kind of block: text and image as one sequence, attention and feed-forward side by side (as in ViT-22B,
// Dehghani et al. 2023).
#pragma once

#include <string>

#include "models/common/modulation.h"
#include "models/common/projection.h"

namespace diptych::models {

struct FluxSingleBlock {
  FluxSingleBlock(WeightLoader& weights, const std::string& name, int64_t heads, int64_t head_dim);

  // x [rows * tokens, width], condition [rows, width] behind its SiLU, angles of one row's tokens
  Tensor forward(Context& ctx, const Tensor& x, const Tensor& condition, const RopeAngles& angles) const;

  Linear norm;  // [3 width, width]: shift, scale, gate
  Projection attention;
  Linear mlp;     // [4 width, width]
  Linear output;  // [width, width + 4 width]

 private:
  Tensor compute(Context& ctx, const Tensor& x, const Tensor& condition, const RopeAngles& angles) const;
};

}  // namespace diptych::models
