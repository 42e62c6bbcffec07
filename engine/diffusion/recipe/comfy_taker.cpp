#include <algorithm>
#include <utility>

#include "engine/diffusion/recipe/comfy_parts.h"
#include "engine/diffusion/recipe/recipe_values.h"

namespace diptych::diffusion {

void ComfyTaker::list(std::string name, std::string value) {
  Unrestored entry{std::move(name), std::move(value)};
  if (std::ranges::find(restored_.unrestored, entry) == restored_.unrestored.end())
    restored_.unrestored.push_back(std::move(entry));
}

void ComfyTaker::list(const ComfyNode& node) {
  list(node.type(), "node " + node.id());
}

void ComfyTaker::number(const ComfyNode& node, const char* input, std::optional<double>& to) {
  if (const auto value = node.value(input)) take_number(restored_, input, *value, to);
}

void ComfyTaker::count(const ComfyNode& node, const char* input, std::optional<int>& to) {
  if (const auto value = node.value(input)) take_count(restored_, input, *value, to);
}

void ComfyTaker::seed(const ComfyNode& node, const char* input) {
  if (const auto value = node.value(input)) take_seed(restored_, input, *value, restored_.recipe.seed);
}

void ComfyTaker::clip_skip(const ComfyNode& node) {
  const auto layer = node.value("stop_at_clip_layer");  // -1: the last
  if (layer && layer->starts_with('-'))
    take_count(restored_, "stop_at_clip_layer", layer->substr(1), restored_.recipe.clip_skip);
}

std::string bare_file_name(std::string path) {
  std::ranges::replace(path, '\\', '/');
  return path.substr(path.rfind('/') + 1);
}

}  // namespace diptych::diffusion
