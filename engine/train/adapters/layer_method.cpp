#include "engine/train/adapters/layer_method.h"

#include <cmath>

#include "engine/core/random.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/kernel_table.h"
#include "engine/train/adapters/lora_layer.h"
#include "engine/train/adapters/made_layer.h"

namespace diptych::train {

size_t LayerMethod::add_parameter(Context& ctx, const std::string& name, const Shape& shape) {
  all_.push_back(
      {.name = name, .value = zeros(ctx, shape, Owner::weights), .gradient = zeros(ctx, shape, Owner::gradients)});
  return all_.size() - 1;
}

void LayerMethod::draw(Context& ctx, size_t index, uint64_t seed, const std::string& purpose) {
  if (ctx.is_meta()) return;
  Tensor& values = all_[index].value;
  const RandomStream stream(seed, purpose + " " + layer_.name);
  const double bound = 1.0 / std::sqrt(static_cast<double>(values.dim(1)));
  for (int64_t i = 0; i < values.elements(); ++i) {
    values.data<float>()[i] = static_cast<float>((2 * stream.uniform(static_cast<uint64_t>(i)) - 1) * bound);
  }
}

Tensor LayerMethod::copy_of(Context& ctx, size_t index) const {
  const Tensor& values = all_[index].value;
  Tensor copy = ctx.output(values.shape(), DType::f32, Owner::workspace);
  kernel_table(ctx).scale_offset(ctx.pool(), values, 1.0f, 0.0f, copy);
  return copy;
}

std::unique_ptr<LayerMethod> make_layer_method(Context& ctx, const AdapterOptions& options, AdaptedLayer layer,
                                               Parameters& all) {
  switch (options.method) {
    case AdapterMethod::lora:
      return std::make_unique<LoraLayer>(ctx, options, std::move(layer), all);
    case AdapterMethod::loha:
      return std::make_unique<LohaLayer>(ctx, options, std::move(layer), all);
    case AdapterMethod::lokr:
      return std::make_unique<LokrLayer>(ctx, options, std::move(layer), all);
  }
  return nullptr;
}

}  // namespace diptych::train
