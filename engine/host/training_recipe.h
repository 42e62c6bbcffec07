// Recipes as the interface has them: JSON with names of the library, to the engine's, with files.
#pragma once

#include <filesystem>
#include <string>

#include "engine/api/training.h"
#include "engine/host/model_manager.h"
#include "engine/train/data/recipe.h"
#include "engine/train/open_task.h"

namespace diptych::host {

struct TrainingTarget {
  std::string id;  // of the base in the library
  std::filesystem::path path;
  train::BaseKind kind = train::BaseKind::text;
  train::Recipe recipe;  // settled; `base` is the path
};

// `output` is chosen where the recipe names none: a folder of this name in data_dir()/training. Error: as parse_recipe
// and ModelManager::resolve; invalid_argument for a path that is not whole.
TrainingTarget training_target(const api::Json& recipe, ModelManager& models, const std::string& output_name);

// Complete, with the base's id in place of its path: as it is shown.
api::Json recipe_json(const train::Recipe& recipe, const std::string& base_id);

api::TrainingKind training_kind(train::BaseKind kind);

// Where runs without an output folder of their own go.
std::filesystem::path training_folder();

// For people and folders: letters, digits, '-' and '_' of the name, at most 40.
std::string folder_name(const std::string& name);

}  // namespace diptych::host
