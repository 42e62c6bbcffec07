#include "engine/train/open_task.h"

#include <utility>

#include "engine/train/image/image_task.h"
#include "engine/train/text_task.h"

namespace diptych::train {

OpenedTask open_task(Context& ctx, const ModelRegistry& registry, const Recipe& recipe,
                     const std::filesystem::path& base, BaseKind kind, const LoadOptions& options,
                     const OpeningEvents& events) {
  OpenedTask opened;
  if (kind == BaseKind::text) {
    auto task = std::make_unique<TextTask>(ctx, recipe, load_text_base(ctx, registry, base, options));
    opened.text = task.get();
    opened.task = std::move(task);
    return opened;
  }
  PictureData data = load_picture_data(recipe, ctx.pool());
  if (events.pictures) events.pictures(data);
  opened.image_base = std::make_unique<ImageBase>(ctx, registry, image_base_ref(recipe, base), options);
  auto task = std::make_unique<ImageTask>(ctx, recipe, *opened.image_base, std::move(data), events.encoding);
  opened.image = task.get();
  opened.task = std::move(task);
  return opened;
}

}  // namespace diptych::train
