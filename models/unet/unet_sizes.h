// What a configuration would say of a UNet's way down, told by the weights of a file without one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/io/formats/weights.h"

namespace diptych::models {

struct UnetLevelSizes {
  int64_t channels = 0, layers = 0;
  int64_t depth = 0;  // of its transformers
  bool attends = false;
};

// Whole names of weights.
struct UnetSizeNames {
  std::string transformer;  // any of its transformers: "middle_block.1"
  std::string conv_in, time;
  std::string added;  // the first layer of SDXL's embedding of sizes; it may be missing
};

// diffusers' keys. The last level's depth is that of the middle, too. Error: invalid_file, unsupported.
nlohmann::json unet_down_config(const WeightFile& file, const std::vector<UnetLevelSizes>& levels,
                                const UnetSizeNames& names);

}  // namespace diptych::models
