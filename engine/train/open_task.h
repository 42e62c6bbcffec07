// From a recipe to its task: the base is loaded, the data are read.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/model/registry.h"
#include "engine/train/data/recipe.h"
#include "engine/train/task.h"

namespace diptych::train {

class TextTask;

struct OpenedTask {
  std::unique_ptr<Task> task;
  TextTask* text = nullptr;  // the same, of a language model
};

enum class BaseKind { text, image };

// On a meta context, too: then nothing is computed, and the task takes the memory that it would take. Error: as
// load_text_base and TextTask; unsupported: image models.
OpenedTask open_task(Context& ctx, const ModelRegistry& registry, const Recipe& recipe,
                     const std::filesystem::path& base, BaseKind kind, const LoadOptions& options = {});

}  // namespace diptych::train
