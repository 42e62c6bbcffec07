#include "engine/train/open_task.h"

#include <utility>

#include "engine/train/image/image_task.h"
#include "engine/train/text_task.h"

namespace diptych::train {
namespace {

int64_t resident_bytes(const Recipe& recipe) {
  return static_cast<int64_t>(recipe.resident_gb.value_or(0) * 1e9);
}

LoadOptions text_loading(const Recipe& recipe, LoadOptions options) {
  if (!recipe.resident_gb) return options;
  options.stream = true;
  options.resident_bytes = resident_bytes(recipe);
  return options;
}

diffusion::ImageStreaming denoiser_streaming(const Recipe& recipe) {
  return {.denoiser = recipe.resident_gb.has_value(), .resident_bytes = resident_bytes(recipe)};
}

}  // namespace

TaskData read_task_data(const Recipe& recipe, const std::filesystem::path& base, BaseKind kind, ThreadPool& pool) {
  if (kind == BaseKind::image) return {.pictures = std::make_shared<PictureData>(load_picture_data(recipe, pool))};
  const ModelSource source = open_model(base);
  return {.texts = std::make_shared<TextData>(
              load_text_data(recipe, example_builder(recipe, source, tokenizer_of(source)), pool))};
}

OpenedTask open_task(Context& ctx, const ModelRegistry& registry, const Recipe& recipe,
                     const std::filesystem::path& base, BaseKind kind, const LoadOptions& options,
                     const TaskOpening& opening) {
  OpenedTask opened;
  if (kind == BaseKind::text) {
    auto task = std::make_unique<TextTask>(
        ctx, recipe, load_text_base(ctx, registry, base, text_loading(recipe, options)), opening.data.texts);
    opened.text = task.get();
    opened.task = std::move(task);
    return opened;
  }
  const TaskData data = opening.data.pictures ? opening.data : read_task_data(recipe, base, kind, ctx.pool());
  opened.image_base =
      std::make_unique<ImageBase>(ctx, registry, image_base_ref(recipe, base), options, denoiser_streaming(recipe));
  auto task = std::make_unique<ImageTask>(ctx, recipe, *opened.image_base, *data.pictures, opening.encoding);
  opened.image = task.get();
  opened.task = std::move(task);
  return opened;
}

}  // namespace diptych::train
