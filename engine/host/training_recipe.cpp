#include "engine/host/training_recipe.h"

#include <cctype>

#include "engine/core/error.h"
#include "engine/host/errors.h"
#include "engine/io/paths.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

void check_whole(const std::string& path, const std::string& field) {
  if (path.empty() || fs::path(path).is_absolute()) return;
  throw Error(ErrorCategory::invalid_argument, "cannot use recipe", field,
              "the path " + path.substr(0, 200) + " is not whole, and a host has no folder of yours to look in",
              "write it from the root: /home/…");
}

}  // namespace

fs::path training_folder() {
  return data_dir() / "training";
}

std::string folder_name(const std::string& name) {
  constexpr size_t longest_name = 40;
  std::string result;
  for (const char c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    if (plain) result += c;
    if (!plain && !result.empty() && result.back() != '-') result += '-';
    if (result.size() == longest_name) break;
  }
  while (result.ends_with('-')) result.pop_back();
  return result.empty() ? "run" : result;
}

TrainingTarget training_target(const api::Json& recipe, ModelManager& models, const std::string& output_name) {
  api::Json complete = recipe;
  const auto base = complete.find("base");
  if (base == complete.end() || !base->is_string() || base->get<std::string>().empty()) {
    refuse("recipe.base", "it is missing");
  }
  TrainingTarget target;
  target.id = models.resolve(base->get<std::string>());
  const api::ModelInfo info = models.info(target.id);
  target.path = fs::absolute(info.path);
  target.kind = info.kind == api::ModelKind::image ? train::BaseKind::image : train::BaseKind::text;
  complete["base"] = target.path.string();
  const auto output = complete.find("output");
  if (output == complete.end() || output->is_null() || *output == "") {
    complete["output"] = (training_folder() / output_name).string();
  }
  target.recipe = train::parse_recipe(api::dump(complete), "the recipe");
  for (const train::DataSource& source : target.recipe.data) {
    check_whole(source.path, "data");
    check_whole(source.masks, "masks");
  }
  check_whole(target.recipe.validation.path, "validation");
  check_whole(target.recipe.output, "output");
  return target;
}

api::Json recipe_json(const train::Recipe& recipe, const std::string& base_id) {
  api::Json json = api::parse(train::write_recipe(recipe)).value_or(api::Json::object());
  json["base"] = base_id;
  return json;
}

api::TrainingKind training_kind(train::BaseKind kind) {
  return kind == train::BaseKind::image ? api::TrainingKind::image : api::TrainingKind::text;
}

}  // namespace diptych::host
