// Settings out of a picture's metadata, with the models and files that are here.
#pragma once

#include <string>
#include <vector>

#include "engine/api/image.h"
#include "engine/api/model.h"

namespace diptych::host {

// Error: invalid_file, unsupported (no picture, or one without a recipe of a program that is known).
api::RestoredSettings restore_settings(const std::string& bytes, const std::vector<api::ModelInfo>& models,
                                       const std::vector<api::ImageFile>& files);

}  // namespace diptych::host
