// What a model on disk is, by the names and shapes of its weights and by its configuration: for lists.
#pragma once

#include <filesystem>

#include "engine/model/model_description.h"

namespace diptych::models {

// Reads headers only. Error as open_weights; what is not known is of kind unknown.
ModelDescription describe_model(const std::filesystem::path& path);

}  // namespace diptych::models
