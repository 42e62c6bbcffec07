// SD3 as Stability AI name it (github.com/Stability-AI/sd3.5, mmditx.py): GGUF files and checkpoints of one file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/io/formats/weights.h"
#include "models/common/renamed_weights.h"
#include "models/sd3/sd3_config.h"

namespace diptych::models {

struct Sd3Original {
  Sd3Config config;                           // told by the weights' shapes
  std::shared_ptr<const WeightFile> weights;  // under diffusers' names
};

bool holds_sd3_original(const WeightFile& file);
// Error (invalid_file): a weight that tells a size is missing or of another rank.
Sd3Original sd3_original(const std::shared_ptr<const WeightFile>& file);

// Names of that layout for the layers of a model of this size, `prefix` in front of each.
std::vector<RenamedWeight> sd3_original_names(const Sd3Config& config, const std::string& prefix = {});

}  // namespace diptych::models
