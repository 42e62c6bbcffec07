// What a model on disk is, by the names and shapes of its weights and by its configuration: for lists.
#pragma once

#include <filesystem>

#include "engine/io/library/model_description.h"
#include "engine/model/registry.h"

namespace diptych::models {

// Reads headers only. Error: as open_weights; unsupported says why it is nothing that can be used.
ModelDescription describe_model(const ModelRegistry& registry, const std::filesystem::path& path);

}  // namespace diptych::models
