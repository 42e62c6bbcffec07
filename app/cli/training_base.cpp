#include "app/cli/training_base.h"

#include "engine/io/library/model_ref.h"
#include "models/checkpoint/describe.h"

namespace diptych::cli {

TrainingBase training_base(const ModelRegistry& registry, const train::Recipe& recipe) {
  std::filesystem::path path = train::resolved(recipe, recipe.base);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) path = resolve_model(recipe.base);
  const train::BaseKind kind = base_kind(registry, path);
  return {std::move(path), kind};
}

train::BaseKind base_kind(const ModelRegistry& registry, const std::filesystem::path& path) {
  return models::describe_model(registry, path).kind == ModelKind::image ? train::BaseKind::image
                                                                         : train::BaseKind::text;
}

}  // namespace diptych::cli
