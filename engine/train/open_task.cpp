#include "engine/train/open_task.h"

#include <utility>

#include "engine/core/error.h"
#include "engine/train/text_task.h"

namespace diptych::train {

OpenedTask open_task(Context& ctx, const ModelRegistry& registry, const Recipe& recipe,
                     const std::filesystem::path& base, BaseKind kind, const LoadOptions& options) {
  if (kind == BaseKind::image) {
    throw Error(ErrorCategory::unsupported, "cannot train", base.string(), "image models are not trained yet",
                "choose a language model");
  }
  auto task = std::make_unique<TextTask>(ctx, recipe, load_text_base(ctx, registry, base, options));
  TextTask* text = task.get();
  return {std::move(task), text};
}

}  // namespace diptych::train
