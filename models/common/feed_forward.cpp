#include "models/common/feed_forward.h"

#include "engine/core/error.h"

namespace diptych::models {

FeedForward::FeedForward(WeightLoader& weights, const std::string& name, int64_t width, int64_t inner)
    : inward(weights.linear({{name + ".net.0.proj", inner}}, width)),
      outward(weights.linear({{name + ".net.2", width}}, inner)) {}

Tensor FeedForward::forward(Context& ctx, const Tensor& x) const {
  return linear(ctx, activate(ctx, linear(ctx, x, inward), Activation::gelu_tanh), outward);
}

void require_gelu_approximate(const HfConfig& config, const char* fallback) {
  const std::string name = config.text("activation_fn").value_or(fallback);
  if (name != "gelu-approximate") config.refuse("activation_fn", "'" + name + "'");
}

}  // namespace diptych::models
