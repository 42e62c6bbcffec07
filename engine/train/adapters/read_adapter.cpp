#include "engine/train/adapters/read_adapter.h"

#include <algorithm>
#include <array>

#include "engine/core/error.h"
#include "engine/model/adapter_delta.h"
#include "engine/model/adapter_parts.h"

namespace diptych::train {
namespace {

constexpr std::array trained_parts{"lora_down", "lora_up",   "lora_mid",  "hada_w1_a", "hada_w1_b", "hada_w2_a",
                                   "hada_w2_b", "hada_t1",   "hada_t2",   "lokr_w1",   "lokr_w1_a", "lokr_w1_b",
                                   "lokr_w2",   "lokr_w2_a", "lokr_w2_b", "lokr_t2",   "magnitude", "dora_scale"};
constexpr std::array rank_parts{"lora_down", "hada_w1_b", "lokr_w2_b", "lokr_w1_b"};

[[noreturn]] void refuse_part(const Adapter& adapter, const AdapterLayer& layer, const std::string& part) {
  throw Error(ErrorCategory::unsupported, "cannot read adapter for training", adapter.path.string(),
              layer.key + " has a " + part, "choose a LoRA, LoHa or LoKr that changes layers' matrices only");
}

TrainedLayer trained_layer(Context& ctx, const Adapter& adapter, const AdapterLayer& layer) {
  const AdapterParts parts(adapter, layer);
  TrainedLayer trained{layer.component.empty() ? "model" : layer.component, layer.layer, {}, 1, 0};
  for (const auto& [part, name] : layer.parts) {
    if (part == "alpha" || part == "scalar") continue;  // are in the scale
    if (std::ranges::find(trained_parts, part) == trained_parts.end()) refuse_part(adapter, layer, part);
    Tensor values = parts.read(ctx, part).reshape(parts.dims(part));
    if (part == "dora_scale") {
      if (adapter_magnitude(ctx, adapter, layer).of_columns) refuse_part(adapter, layer, "magnitude of columns");
      trained.parts["magnitude"] = values.reshape({values.elements()});
    } else {
      trained.parts[part] = part == "magnitude" ? values.reshape({values.elements()}) : values;
    }
  }
  for (const char* part : rank_parts) {
    if (!parts.has(part)) continue;
    trained.rank = parts.flat(part).rows;
    break;
  }
  trained.alpha =
      static_cast<double>(adapter_delta(ctx, adapter, layer, false).scale) * static_cast<double>(trained.rank);
  return trained;
}

}  // namespace

TrainedAdapter read_trained_adapter(Context& ctx, const Adapter& adapter) {
  TrainedAdapter trained{.base_model = adapter.name};
  for (const AdapterLayer& layer : adapter.layers) {
    if (layer.has("hada_w1_a")) trained.method = AdapterMethod::loha;
    if (layer.has("lokr_w1") || layer.has("lokr_w1_a")) trained.method = AdapterMethod::lokr;
    trained.layers.push_back(trained_layer(ctx, adapter, layer));
  }
  return trained;
}

}  // namespace diptych::train
