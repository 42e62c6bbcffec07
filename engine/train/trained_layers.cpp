#include "engine/train/trained_layers.h"

#include <cmath>

#include "engine/ops/kernel_table.h"

namespace diptych::train {
namespace {

Tensor copy_of(Context& ctx, const Tensor& values) {
  Tensor copy = ctx.output(values.shape(), DType::f32, Owner::workspace);
  kernel_table(ctx).scale_offset(ctx.pool(), values, 1.0f, 0.0f, copy);
  return copy;
}

}  // namespace

TrainedAdapter trained_adapter(Context& ctx, const Lora& lora, const std::string& component) {
  TrainedAdapter adapter{.method = AdapterMethod::lora, .rank_stabilised = lora.rank_stabilised()};
  for (const LoraLayer& layer : lora.layers()) {
    Tensor up = copy_of(ctx, lora.value_of(layer.b));
    if (layer.pair_heads_of > 0) up = without_paired_rows(up, layer.pair_heads_of);
    adapter.layers.push_back({.component = component,
                              .layer = layer.name,
                              .parts = {{"lora_down", copy_of(ctx, lora.value_of(layer.a))}, {"lora_up", up}},
                              .rank = layer.rank,
                              .alpha = layer.alpha});
  }
  return adapter;
}

}  // namespace diptych::train
