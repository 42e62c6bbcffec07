#include "engine/train/adapters/trained_layers.h"

namespace diptych::train {

TrainedAdapter trained_adapter(Context& ctx, const AdapterTraining& training, const std::string& component) {
  TrainedAdapter adapter{.method = training.options().method,
                         .rank_stabilised = training.options().rank_stabilised,
                         .kronecker_factor = training.options().kronecker_factor};
  for (const auto& method : training.layers()) {
    const AdaptedLayer& layer = method->layer();
    adapter.layers.push_back({.component = component,
                              .layer = layer.name,
                              .parts = method->values(ctx),
                              .rank = layer.rank,
                              .alpha = layer.alpha});
  }
  return adapter;
}

}  // namespace diptych::train
