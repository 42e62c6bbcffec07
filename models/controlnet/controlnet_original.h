// ControlNets in a file without configuration.
#pragma once

#include <memory>
#include <string>

#include "engine/model/model_source.h"

namespace diptych::models {

// As their authors name them (github.com/lllyasviel/ControlNet, cldm.py): input_hint_block, zero_convs and
// middle_block_out beside a copy of the UNet's way down.
bool holds_controlnet_original(const WeightFile& file, const std::string& prefix);
// Under diffusers' names, with the configuration that the weights tell. Error: as unet_original.
ModelSource controlnet_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

// Under diffusers' names already, as most of SDXL are shared.
bool holds_controlnet(const WeightFile& file);
ModelSource controlnet_without_config(const std::shared_ptr<const WeightFile>& file);

}  // namespace diptych::models
