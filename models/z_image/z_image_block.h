// A block of Z-Image: norms before and after attention and feed-forward layer, one sequence for text and image.
#pragma once

#include <string>

#include "models/common/attention_layers.h"
#include "models/z_image/z_image_config.h"

namespace diptych::models {

struct ZImageBlock {
  // name: "layers.0."; without modulation: blocks that read the text alone
  ZImageBlock(WeightLoader& weights, const std::string& name, const ZImageConfig& config, bool modulated);

  // x [tokens, width] of one image; condition [1, condition_width], not used without modulation
  Tensor forward(Context& ctx, const Tensor& x, const Tensor& condition, const RopeAngles& angles) const;

  float norm_eps;
  Linear modulation;                                              // [4 width, condition_width], or empty
  Tensor attention_norm1, attention_norm2, mlp_norm1, mlp_norm2;  // [width]
  SelfAttention attention;
  Linear gate_up;  // [2 inner, width]
  Linear down;     // [width, inner]

 private:
  Tensor compute(Context& ctx, const Tensor& x, const Tensor& condition, const RopeAngles& angles) const;
};

}  // namespace diptych::models
