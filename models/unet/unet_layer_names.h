// UNets as Stability AI and CompVis name their layers (github.com/Stability-AI/generative-models, openaimodel.py),
// beside diffusers' names: checkpoints of one file hold them (input_blocks.4.1, middle_block.0, output_blocks.2.1, …),
// and many adapters were trained by them.
#pragma once

#include <string>
#include <vector>

#include "engine/model/weight_loader.h"
#include "models/unet/unet_config.h"

namespace diptych::models {

struct UnetLayerName {
  std::string name, original;
  bool below = false;  // what is below has the same names in both
};

// Every layer that such a network may have; `way_up` false: what ends with its middle, as a ControlNet does.
std::vector<UnetLayerName> unet_layer_names(const UnetConfig& config, bool way_up = true);

// Tells the loader, once all layers are loaded, by which names adapters may call them.
void name_unet_originals(WeightLoader& weights, const UnetConfig& config);

}  // namespace diptych::models
