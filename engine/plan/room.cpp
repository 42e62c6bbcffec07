#include "engine/plan/room.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/gigabytes.h"
#include "engine/plan/alternatives.h"

namespace diptych::plan {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

int64_t disk_bytes_of(const train::Recipe& recipe, const TrainingForecast& forecast) {
  const int64_t made = recipe.checkpoint_every > 0 ? forecast.steps / recipe.checkpoint_every + 1 : 1;
  int64_t checkpoints = std::max<int64_t>(2, made) * forecast.checkpoint_bytes;
  if (recipe.checkpoint_budget_gb > 0) {
    const auto budget = static_cast<int64_t>(recipe.checkpoint_budget_gb * 1e9) + forecast.checkpoint_bytes;
    checkpoints = std::min(checkpoints, std::max(budget, 2 * forecast.checkpoint_bytes));
  }
  const int64_t saved = recipe.save_every > 0 ? forecast.steps / recipe.save_every : 0;
  return checkpoints + (1 + saved) * forecast.result_bytes;
}

int64_t least_disk_bytes(const TrainingForecast& forecast) {
  return 2 * forecast.checkpoint_bytes + forecast.result_bytes;
}

int64_t free_disk_bytes(fs::path folder) {
  std::error_code error;
  folder = fs::absolute(folder, error);
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  const auto space = fs::space(folder, error);
  return error ? 0 : static_cast<int64_t>(space.available);
}

void require_memory(const std::string& base, int64_t needed_bytes, int64_t free_bytes, const std::string& to_do) {
  if (needed_bytes <= free_bytes) return;
  throw Error(ErrorCategory::out_of_memory, "cannot train", base,
              "it needs " + gigabytes(needed_bytes) + " of memory and " + gigabytes(free_bytes) + " are free", to_do);
}

void require_disk(const std::string& output, int64_t needed_bytes, int64_t free_bytes) {
  if (needed_bytes <= free_bytes) return;
  throw Error(ErrorCategory::io, "cannot train into", output,
              "its checkpoints and the result take at least " + gigabytes(needed_bytes) + " and " +
                  gigabytes(free_bytes) + " are free",
              "make room there, or choose another output folder");
}

ordered_json merge_patch(const ordered_json& from, const ordered_json& to) {
  ordered_json patch = ordered_json::object();
  for (const auto& [key, value] : to.items()) {
    const auto before = from.find(key);
    if (before != from.end() && *before == value) continue;
    const bool both_objects = before != from.end() && before->is_object() && value.is_object();
    patch[key] = both_objects ? merge_patch(*before, value) : value;
  }
  for (const auto& [key, value] : from.items()) {
    if (!to.contains(key)) patch[key] = nullptr;
  }
  return patch;
}

int64_t keep_what_fits(train::Recipe& recipe, int64_t needed_bytes, int64_t free_bytes,
                       const std::function<int64_t(const train::Recipe&)>& needs) {
  constexpr int64_t unit = 10'000'000;  // 0.01 GB: for people
  constexpr int most_rounds = 8;        // the peak may first be elsewhere, where encoders are loaded, and grow by less
  if (!recipe.resident_gb || *recipe.resident_gb > 0) return needed_bytes;
  int64_t resident = 0;
  for (int round = 0; round < most_rounds && free_bytes - needed_bytes >= unit; ++round) {
    train::Recipe more = recipe;
    const int64_t wanted = resident + (free_bytes - needed_bytes) / unit;
    more.resident_gb = static_cast<double>(wanted) / 100;
    const int64_t its = needs(more);
    if (its > free_bytes) break;
    recipe = std::move(more);
    resident = wanted;
    needed_bytes = its;
  }
  return needed_bytes;
}

std::string advice_for(const OpenTask& open, const train::Recipe& recipe, train::BaseKind kind, int64_t free_bytes,
                       const CancelToken& cancel) {
  const auto json_of = [](const train::Recipe& one) { return ordered_json::parse(train::write_recipe(one)); };
  for (Alternative& one : alternatives_to(recipe, kind, "")) {
    try {
      int64_t needed = forecast_training(open, one.recipe, {}, cancel).memory_bytes;
      if (needed > free_bytes) continue;
      if (one.recipe.resident_gb != recipe.resident_gb) {
        needed = keep_what_fits(one.recipe, needed, free_bytes, [&](const train::Recipe& recipe_of) {
          return forecast_training(open, recipe_of, {}, cancel).memory_bytes;
        });
      }
      std::string keys = merge_patch(json_of(recipe), json_of(one.recipe)).dump();
      return "set " + keys.substr(1, keys.size() - 2) + " in the recipe: it then needs " + gigabytes(needed) + " (" +
             one.cost + ")";
    } catch (const Error& error) {
      if (error.category() == ErrorCategory::cancelled) throw;
      // what this engine does not do with this base is no advice
    }
  }
  return "close other programs or choose a smaller model";
}

}  // namespace diptych::plan
