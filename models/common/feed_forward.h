// The feed-forward layer of diffusion transformers: GELU between two linear layers, four times as wide inside.
#pragma once

#include <string>

#include "engine/model/weight_loader.h"
#include "engine/ops/activation.h"

namespace diptych::models {

struct FeedForward {
  FeedForward() = default;
  // diffusers' FeedForward with "gelu-approximate": name.net.0.proj, name.net.2.
  FeedForward(WeightLoader& weights, const std::string& name, int64_t width, int64_t inner);

  Tensor forward(Context& ctx, const Tensor& x) const;  // [tokens, width] -> [tokens, width]

  Linear inward;   // [inner, width]
  Linear outward;  // [width, inner]
};

}  // namespace diptych::models
