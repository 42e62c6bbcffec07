// Z-Image in one file, as its authors name it (github.com/Tongyi-MAI/Z-Image) and ComfyUI keeps it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/model/model_source.h"
#include "models/common/renamed_weights.h"
#include "models/z_image/z_image_config.h"

namespace diptych::models {

bool holds_z_image_original(const WeightFile& file, const std::string& prefix);
// Under diffusers' names, with the configuration that the weights tell. Error: invalid_file, unsupported.
ModelSource z_image_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

// What that layout calls otherwise, of a model of this size, `prefix` in front of each name.
std::vector<RenamedWeight> z_image_original_names(const ZImageConfig& config, const std::string& prefix = {});

}  // namespace diptych::models
