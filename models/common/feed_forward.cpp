#include "models/common/feed_forward.h"

namespace diptych::models {

FeedForward::FeedForward(WeightLoader& weights, const std::string& name, int64_t width, int64_t inner)
    : inward(weights.linear({{name + ".net.0.proj", inner}}, width)),
      outward(weights.linear({{name + ".net.2", width}}, inner)) {}

Tensor FeedForward::forward(Context& ctx, const Tensor& x) const {
  return linear(ctx, activate(ctx, linear(ctx, x, inward), Activation::gelu_tanh), outward);
}

}  // namespace diptych::models
