// From a recipe to its task: the base is loaded, the data are read.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "engine/model/registry.h"
#include "engine/train/data/picture_dataset.h"
#include "engine/train/data/recipe.h"
#include "engine/train/data/text_dataset.h"
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

// What a recipe's task learns from. Reading and judging takes longer than a forecast, which can share them with the
// run.
struct TaskData {
  std::shared_ptr<const TextData> texts = {};        // of a language model …
  std::shared_ptr<const PictureData> pictures = {};  // … or of an image model
};

// The base's weights are not needed. Error: as load_text_data and load_picture_data.
TaskData read_task_data(const Recipe& recipe, const std::filesystem::path& base, BaseKind kind, ThreadPool& pool);

struct TaskOpening {
  TaskData data = {};                         // read_task_data() of the same recipe; none: it is read
  std::function<void(double)> encoding = {};  // hears the share of pictures and captions that is encoded
};

// On a meta context, too: then nothing is computed, and the task takes the memory that it would take. `registry` must
// outlive the result. Error: as load_text_base and TextTask, ImageBase and ImageTask.
OpenedTask open_task(Context& ctx, const ModelRegistry& registry, const Recipe& recipe,
                     const std::filesystem::path& base, BaseKind kind, const LoadOptions& options = {},
                     const TaskOpening& opening = {});

}  // namespace diptych::train
