// From a recipe to its task: the base is loaded, the data are read.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "engine/model/registry.h"
#include "engine/train/data/picture_dataset.h"
#include "engine/train/data/recipe.h"
#include "engine/train/image/image_base.h"
#include "engine/train/task.h"

namespace diptych::train {

class TextTask;
class ImageTask;

struct OpenedTask {
  std::unique_ptr<ImageBase> image_base;
  std::unique_ptr<Task> task;
  TextTask* text = nullptr;    // the same, of a language model …
  ImageTask* image = nullptr;  // … or of an image model
};

enum class BaseKind { text, image };

struct OpeningEvents {
  std::function<void(const PictureData&)> pictures = {};  // what is wrong with them, before anything is loaded
  std::function<void(double)> encoding = {};              // the share of pictures and captions that is encoded
};

// On a meta context, too: then nothing is computed, and the task takes the memory that it would take. `registry` must
// outlive the result. Error: as load_text_base and TextTask, ImageBase and ImageTask.
OpenedTask open_task(Context& ctx, const ModelRegistry& registry, const Recipe& recipe,
                     const std::filesystem::path& base, BaseKind kind, const LoadOptions& options = {},
                     const OpeningEvents& events = {});

}  // namespace diptych::train
