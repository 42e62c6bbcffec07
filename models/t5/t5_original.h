// T5's encoder in a file without configuration, under transformers' names: t5xxl files, and checkpoints of one file.
#pragma once

#include <memory>
#include <string>

#include "engine/model/model_source.h"

namespace diptych::models {

bool holds_t5_original(const WeightFile& file, const std::string& prefix);
// With the configuration that the weights tell. Error (invalid_file): a weight that tells a size is missing.
ModelSource t5_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

}  // namespace diptych::models
