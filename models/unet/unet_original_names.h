// UNets as Stability AI name their layers (github.com/Stability-AI/generative-models, openaimodel.py), by which many
// adapters for SDXL were trained: input_blocks.4.1, middle_block.0, output_blocks.2.1, …
#pragma once

#include "engine/model/weight_loader.h"
#include "models/unet/unet_config.h"

namespace diptych::models {

// To be called when all layers are loaded.
void name_unet_originals(WeightLoader& weights, const UnetConfig& config);

}  // namespace diptych::models
