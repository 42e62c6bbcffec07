// Z-Image in one file, as its authors name it (github.com/Tongyi-MAI/Z-Image) and ComfyUI keeps it.
#pragma once

#include <memory>
#include <string>

#include "engine/model/model_source.h"

namespace diptych::models {

bool holds_z_image_original(const WeightFile& file, const std::string& prefix);
// Under diffusers' names, with the configuration that the weights tell. Error: invalid_file, unsupported.
ModelSource z_image_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

}  // namespace diptych::models
