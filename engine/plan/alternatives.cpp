#include "engine/plan/alternatives.h"

#include <algorithm>
#include <functional>

namespace diptych::plan {
namespace {

using train::Recipe;

constexpr int shortest_sequence = 128;
constexpr int smallest_side = 128;
constexpr int smallest_rank = 4;

struct Change {
  std::string name, text, cost;
  std::function<void(Recipe&)> apply;
};

bool has_rank(train::Method method) {
  return method != train::Method::full && method != train::Method::textual_inversion;
}

int half_side(int side, int step) {
  return std::max(smallest_side, side / 2 / step * step);
}

std::vector<Change> changes_of_text(const Recipe& recipe, const std::string& quantized_base) {
  std::vector<Change> changes;
  if (recipe.sequence >= 2 * shortest_sequence) {
    const int half = recipe.sequence / 2;
    changes.push_back({"shorter_sequence", "Read at most " + std::to_string(half) + " tokens at once",
                       "longer examples are cut, as the recipe's `overlong` says",
                       [half](Recipe& to) { to.sequence = half; }});
  }
  if (!quantized_base.empty() && recipe.method == train::Method::lora) {
    changes.push_back({"qlora", "Train over the quantized model " + quantized_base,
                       "slightly slower; the adapter belongs to the quantized model first of all",
                       [quantized_base](Recipe& to) {
                         to.method = train::Method::qlora;
                         to.base = quantized_base;
                       }});
  }
  return changes;
}

std::vector<Change> changes_of_images(const Recipe& recipe) {
  const int width = half_side(recipe.image.width, recipe.image.bucket_step);
  const int height = half_side(recipe.image.height, recipe.image.bucket_step);
  if (width >= recipe.image.width || height >= recipe.image.height) return {};
  return {{"lower_resolution", "Train at " + std::to_string(width) + " × " + std::to_string(height) + " pixels",
           "less detail is learnt", [width, height](Recipe& to) {
             to.image.width = width;
             to.image.height = height;
             to.image.bucket_min = std::min(to.image.bucket_min, std::min(width, height));
           }}};
}

std::vector<Change> changes_of(const Recipe& recipe, train::BaseKind kind, const std::string& quantized_base) {
  std::vector<Change> changes;
  if (recipe.recompute == train::Recompute::none) {
    changes.push_back({"recompute_cheap", "Compute norms and activations again on the way back",
                       "hardly slower, the same result",
                       [](Recipe& to) { to.recompute = train::Recompute::selective; }});
  }
  if (recipe.recompute != train::Recompute::full) {
    changes.push_back({"recompute", "Compute activations again on the way back",
                       "about a third slower, the same result",
                       [](Recipe& to) { to.recompute = train::Recompute::full; }});
  }
  if (recipe.batch > 1) {
    changes.push_back({"smaller_batch",
                       "Take one example at a time and add up " + std::to_string(recipe.batch * recipe.accumulate) +
                           " before each step",
                       "a little slower, nearly the same result", [](Recipe& to) {
                         to.accumulate *= to.batch;
                         to.batch = 1;
                       }});
  }
  if (recipe.optimizer.name == train::OptimizerKind::adamw) {
    changes.push_back({"optimizer_8bit", "Keep the optimizer's state in 8 bits", "nearly the same result",
                       [](Recipe& to) { to.optimizer.name = train::OptimizerKind::adamw_8bit; }});
  }
  if ((!recipe.resident_gb || *recipe.resident_gb > 0) && recipe.method != train::Method::full) {
    changes.push_back({"weights_from_file", "Read the base's weights from its file while they are used",
                       "slower by what reading takes, the same result", [](Recipe& to) { to.resident_gb = 0; }});
  }
  std::vector<Change> own =
      kind == train::BaseKind::text ? changes_of_text(recipe, quantized_base) : changes_of_images(recipe);
  changes.insert(changes.end(), own.begin(), own.end());
  if (has_rank(recipe.method) && recipe.rank > smallest_rank) {
    const int rank = std::max(smallest_rank, recipe.rank / 4);
    changes.push_back(
        {"lower_rank", "Use rank " + std::to_string(rank), "the adapter can hold less", [rank](Recipe& to) {
           if (to.alpha) *to.alpha *= static_cast<double>(rank) / to.rank;
           to.rank = rank;
         }});
  }
  if (recipe.method == train::Method::full) {
    changes.push_back(
        {"lora", "Train an adapter in place of all weights", "it can learn less that is new", [](Recipe& to) {
           to.method = train::Method::lora;
           to.learning_rate = *to.learning_rate * 10;
         }});
  }
  return changes;
}

}  // namespace

std::vector<Alternative> alternatives_to(const Recipe& recipe, train::BaseKind kind,
                                         const std::string& quantized_base) {
  std::vector<Alternative> alternatives;
  const std::vector<Change> changes = changes_of(recipe, kind, quantized_base);
  Alternative all{"all", "All of these together", "what each of them costs", recipe};
  for (const Change& change : changes) {
    Alternative& one = alternatives.emplace_back(Alternative{change.name, change.text, change.cost, recipe});
    change.apply(one.recipe);
    change.apply(all.recipe);
  }
  if (alternatives.size() > 1) alternatives.push_back(std::move(all));
  return alternatives;
}

}  // namespace diptych::plan
