#include "engine/host/training_import.h"

#include <algorithm>
#include <cstdlib>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/host/errors.h"
#include "engine/host/training_recipe.h"
#include "engine/io/atomic_file.h"
#include "engine/io/paths.h"
#include "engine/train/data/kohya.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t most_example_bytes = 1u << 20;

void make_whole(const train::Recipe& recipe, std::string& path) {
  if (!path.empty()) path = fs::absolute(train::resolved(recipe, path)).lexically_normal().string();
}

// Names of a library stay names.
void make_whole_if_there(const train::Recipe& recipe, std::string& path) {
  std::error_code error;
  if (!path.empty() && fs::exists(train::resolved(recipe, path), error)) make_whole(recipe, path);
}

void make_paths_whole(train::Recipe& recipe) {
  for (train::DataSource& source : recipe.data) {
    make_whole(recipe, source.path);
    make_whole(recipe, source.masks);
  }
  make_whole(recipe, recipe.validation.path);
  make_whole(recipe, recipe.output);
  make_whole_if_there(recipe, recipe.base);
  make_whole_if_there(recipe, recipe.vae);
  for (std::string& encoder : recipe.text_encoders) make_whole_if_there(recipe, encoder);
}

// The id of its base; empty where this host has none of that name, and `why` says so.
std::string base_id(const train::Recipe& recipe, ModelManager& models, std::string& why) {
  if (recipe.base.empty()) return {};
  try {
    return models.resolve(recipe.base);
  } catch (const Error& error) {
    why = error.what();
    return {};
  }
}

// Our own recipes: in a list of files that people keep, by their ending.
train::KohyaImport read_any(const fs::path& file) {
  if (file.extension() == ".toml") return train::import_kohya_draft(file);
  if (file.extension() == ".json") return {train::read_recipe(file), {}};
  throw Error(ErrorCategory::invalid_argument, "cannot take a recipe from", file.string(),
              "its name ends neither in .toml nor in .json", "choose a configuration of kohya's scripts or a recipe");
}

api::TrainingExample read_example(const fs::path& folder, ModelManager& models) {
  api::TrainingExample example;
  example.name = folder.filename().string();
  const auto words = api::parse(read_text_file(folder / "example.json", most_example_bytes));
  if (!words || !words->is_object()) {
    throw Error(ErrorCategory::invalid_file, "cannot read", (folder / "example.json").string(), "it is no JSON object",
                "write title, text and goal into it");
  }
  api::FieldReader read(*words, "");
  read("title", example.title);
  read("text", example.text);
  read("goal", example.goal);
  train::Recipe recipe = train::read_recipe(fs::canonical(folder) / "recipe.json");
  example.base_name = recipe.base;
  make_paths_whole(recipe);
  std::string why;
  example.base = base_id(recipe, models, why);
  if (!example.base.empty() && models.info(example.base).kind == api::ModelKind::image)
    example.kind = api::TrainingKind::image;
  const api::Json all = recipe_json(recipe, example.base);
  for (const char* key : {"data", "validation", "sample_prompts"}) example.recipe[key] = all[key];
  if (!example.base.empty()) example.recipe["base"] = example.base;
  return example;
}

}  // namespace

api::TrainingImport import_recipe(const fs::path& file, ModelManager& models) {
  if (!file.is_absolute()) refuse("path", "it is not whole");
  train::KohyaImport read = read_any(file);
  make_paths_whole(read.recipe);
  api::TrainingImport import;
  for (const train::NotTaken& one : read.not_taken) import.not_taken.push_back({one.key, one.value, one.reason});
  std::string why;
  const std::string base = base_id(read.recipe, models, why);
  import.recipe = recipe_json(read.recipe, base);
  if (base.empty()) import.recipe.erase("base");
  if (!why.empty()) import.not_taken.push_back({"base", read.recipe.base, why});
  if (read.recipe.data.empty()) import.recipe.erase("data");
  if (read.recipe.output.empty()) import.recipe.erase("output");
  return import;
}

api::TrainingExamples read_training_examples(const fs::path& folder, ModelManager& models) {
  api::TrainingExamples all;
  std::error_code error;
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (fs::exists(entry.path() / "example.json", error)) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  for (const fs::path& one : folders) {
    try {
      all.examples.push_back(read_example(one, models));
    } catch (const std::exception& failure) {
      log_warning("the example in " + one.string() + " is left out: " + failure.what());
    }
  }
  return all;
}

fs::path training_examples_dir() {
  if (const char* own = std::getenv("DIPTYCH_EXAMPLES"); own != nullptr && *own != '\0') return own;
  const fs::path models = shipped_models_dir();
  return models.empty() ? fs::path() : models.parent_path() / "examples";
}

}  // namespace diptych::host
