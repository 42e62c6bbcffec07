// Which model a training recipe's base is.
#pragma once

#include <filesystem>

#include "engine/model/registry.h"
#include "engine/train/data/recipe.h"
#include "engine/train/open_task.h"

namespace diptych::cli {

struct TrainingBase {
  std::filesystem::path path;
  train::BaseKind kind = train::BaseKind::text;
};

// A path that the recipe's folder knows, or a name of the library. Error as resolve_model.
TrainingBase training_base(const ModelRegistry& registry, const train::Recipe& recipe);

train::BaseKind base_kind(const ModelRegistry& registry, const std::filesystem::path& path);

}  // namespace diptych::cli
