#include <nlohmann/json.hpp>

#include "engine/io/files/sha256.h"
#include "engine/train/data/recipe_fields.h"
#include "engine/train/data/recipe_names.h"

namespace diptych::train {
namespace {

using nlohmann::ordered_json;

// Visits a recipe's members in order and writes each one.
class RecipeWriter {
 public:
  ordered_json object = ordered_json::object();

  template <typename T>
  void field(const char* key, T& value) {
    if constexpr (std::is_enum_v<T>) {
      object[key] = name_of(value);
    } else if constexpr (requires(RecipeWriter & v) { visit_fields(value, v); }) {
      object[key] = written(value);
    } else {
      object[key] = value;
    }
  }
  void field(const char* key, std::vector<DataSource>& values) {
    object[key] = ordered_json::array();
    for (DataSource& source : values) object[key].push_back(written(source));
  }
  void field(const char* key, Validation& value) {
    object[key] = value.path.empty() ? ordered_json(value.fraction) : ordered_json(value.path);
  }
  template <typename T>
  void field(const char* key, T& value, Range) {
    object[key] = value;
  }
  template <typename T>
  void field(const char* key, std::optional<T>& value, Range) {
    if (value) object[key] = *value;
  }
  void field(const char* key, std::optional<bool>& value) {
    if (value) object[key] = *value;
  }
  void resolution(const char* key, int& width, int& height, Range) { object[key] = {width, height}; }

 private:
  template <typename T>
  static ordered_json written(T& value) {
    RecipeWriter writer;
    visit_fields(value, writer);
    return writer.object;
  }
};

ordered_json recipe_object(Recipe recipe) {
  RecipeWriter writer;
  visit_fields(recipe, writer);
  return writer.object;
}

std::string written_text(const ordered_json& object) {
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string write_recipe(const Recipe& recipe) {
  return written_text(recipe_object(recipe));
}

std::string recipe_hash(const Recipe& recipe) {
  Recipe deciding = recipe;
  const Recipe usual;
  deciding.output = usual.output;
  deciding.checkpoint_every = usual.checkpoint_every;
  deciding.checkpoint_budget_gb = usual.checkpoint_budget_gb;
  deciding.save_every = usual.save_every;
  deciding.save_every_epochs = usual.save_every_epochs;
  deciding.validate_every = usual.validate_every;
  deciding.sample_prompts = usual.sample_prompts;
  deciding.sample_every = usual.sample_every;
  deciding.recompute = usual.recompute;      // the same numbers, made twice …
  deciding.resident_gb = usual.resident_gb;  // … or read again
  const bool ends_anytime = recipe.schedule == RateSchedule::warmup_stable_decay;
  if (ends_anytime) {
    deciding.steps = usual.steps;
    deciding.epochs = usual.epochs;
    deciding.decay = usual.decay;
  }
  ordered_json object = recipe_object(deciding);
  // Keys that came later count where they say something: checkpoints of before go on.
  if (!ends_anytime) object.erase("decay");
  if (!recipe.train_t5) object.erase("train_t5");
  if (recipe.text_encoder_targets.empty()) object.erase("text_encoder_targets");
  const std::string text = written_text(object);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

}  // namespace diptych::train
