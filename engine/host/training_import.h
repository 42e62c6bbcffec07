// What a fine-tuning can begin with: recipes of files, and the examples that come with the program.
#pragma once

#include <filesystem>

#include "engine/api/training_import.h"
#include "engine/host/model_manager.h"

namespace diptych::host {

// Error: as import_kohya_draft() and read_recipe(); invalid_argument for a file of another kind.
api::TrainingImport import_recipe(const std::filesystem::path& file, ModelManager& models);

// Those in the folders of `folder`, each with an example.json {"title", "text", "goal"} beside its recipe.json. What
// cannot be read is left out and logged. `folder` may be missing.
api::TrainingExamples read_training_examples(const std::filesystem::path& folder, ModelManager& models);

// share/diptych/examples beside the program's folder, or $DIPTYCH_EXAMPLES.
std::filesystem::path training_examples_dir();

}  // namespace diptych::host
