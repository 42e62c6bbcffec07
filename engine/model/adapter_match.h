// Which of a model's weights an adapter changes: layers looked up by name, all shapes checked, before anything is done.
#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/model/adapter_file.h"
#include "engine/model/adapters.h"
#include "engine/model/weight_targets.h"

namespace diptych {

// A layer of an adapter, as one weight sees it.
struct Contribution {
  const Adapter* adapter;
  const AdapterLayer* layer;
  float strength;     // the user's
  int64_t first_row;  // of the layer's rows: the weight's first
  RowOrder order;     // see LayerPart
};

struct AdapterMatch {
  std::unordered_map<const WeightTarget*, std::vector<Contribution>> changes;
  AdapterReport report;
};

// Strengths of 0 change nothing, but are checked all the same. Error as apply_adapters.
AdapterMatch match_adapters(std::span<const ModelPart> parts, std::span<const AdapterUse> uses);

}  // namespace diptych
