#include "models/common/embedder.h"

namespace diptych::models {

Embedder::Embedder(WeightLoader& weights, const std::string& name, int64_t in, int64_t width, Activation between)
    : linear_1(weights.linear({{name + ".linear_1", width}}, in)),
      linear_2(weights.linear({{name + ".linear_2", width}}, width)),
      activation(between) {}

Tensor Embedder::forward(Context& ctx, const Tensor& x) const {
  return linear(ctx, activate(ctx, linear(ctx, x, linear_1), activation), linear_2);
}

}  // namespace diptych::models
