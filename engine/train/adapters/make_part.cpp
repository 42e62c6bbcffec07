#include "engine/train/adapters/make_part.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/train/data/recipe_names.h"
#include "engine/train/full.h"

namespace diptych::train {
namespace {

bool is_quantized_base(const WeightTargets& targets) {
  return std::ranges::any_of(
      targets.all(), [](const auto& target) { return !target->is_vector() && is_quantized(target->weight.dtype); });
}

void refuse_beside(const Recipe& recipe, bool wrong, const std::string& key) {
  if (!wrong) return;
  throw Error(ErrorCategory::invalid_argument, "cannot train with", key,
              "the method " + std::string(name_of(recipe.method)) + " has no such thing",
              "leave it out, or choose the method lora");
}

}  // namespace

AdapterOptions adapter_options(const Recipe& recipe) {
  AdapterOptions options{.rank = recipe.rank, .alpha = recipe.alpha.value_or(recipe.rank)};
  if (recipe.method == Method::loha) options.method = AdapterMethod::loha;
  if (recipe.method == Method::lokr) options.method = AdapterMethod::lokr;
  options.magnitudes = recipe.method == Method::dora;
  if (options.method != AdapterMethod::lora) {
    refuse_beside(recipe, recipe.rank_stabilized, "rank_stabilized");
    refuse_beside(recipe, recipe.lora_plus_ratio != 1, "lora_plus_ratio");
  }
  options.rank_stabilised = recipe.rank_stabilized;
  if (!recipe.targets.empty()) options.targets = recipe.targets;
  for (const auto& [layer, rank] : recipe.rank_pattern) options.rank_pattern[layer] = rank;
  options.alpha_pattern = recipe.alpha_pattern;
  options.conv_rank = recipe.conv_rank;
  options.kronecker_factor = recipe.lokr_factor;
  options.plus_ratio = static_cast<float>(recipe.lora_plus_ratio);
  options.dropout = recipe.adapter_dropout;
  options.seed = recipe.seed;
  return options;
}

PartOfRecipe make_trained_part(Context& ctx, const std::shared_ptr<WeightTargets>& targets, const Recipe& recipe,
                               const std::string& component) {
  if (recipe.method == Method::textual_inversion) {
    throw Error(ErrorCategory::unsupported, "cannot train", "a word of " + component,
                "textual inversion is for image models", "choose another method");
  }
  if (recipe.method == Method::full) {
    const DType masters = recipe.dtype == MasterType::bf16 ? DType::bf16 : DType::f32;
    return {std::make_unique<FullTraining>(ctx, targets, masters)};
  }
  if (recipe.method == Method::qlora && !is_quantized_base(*targets)) {
    throw Error(ErrorCategory::invalid_argument, "cannot train with qlora", recipe.base,
                "its weights are not quantized", "choose a GGUF file with quantized weights, or the method lora");
  }
  AdapterOptions options = adapter_options(recipe);
  if (component != "model") options.prefix = component + ".";
  auto adapter = std::make_unique<AdapterTraining>(ctx, targets, options);
  AdapterTraining* same = adapter.get();
  return {std::move(adapter), same};
}

}  // namespace diptych::train
