// The feed-forward layer of diffusion transformers: GELU between two linear layers, four times as wide inside.
#pragma once

#include <string>

#include "engine/model/weight_loader.h"
#include "engine/ops/activation.h"
#include "models/common/config_reader.h"

namespace diptych::models {

struct FeedForward {
  FeedForward() = default;
  // diffusers' FeedForward with "gelu-approximate": name.net.0.proj, name.net.2.
  FeedForward(WeightLoader& weights, const std::string& name, int64_t width, int64_t inner);

  Tensor forward(Context& ctx, const Tensor& x) const;  // [tokens, width] -> [tokens, width]

  Linear inward;   // [inner, width]
  Linear outward;  // [width, inner]
};

// Error (unsupported) where config.json names another activation than gelu-approximate for it.
void require_gelu_approximate(const HfConfig& config, const char* fallback);

}  // namespace diptych::models
