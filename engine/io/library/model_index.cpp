#include "engine/io/library/model_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/core/error.h"
#include "engine/io/files/ascii.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/file_lock.h"
#include "engine/io/files/paths.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/hf_folder.h"
#include "engine/io/library/library_names.h"
#include "engine/io/library/model_folders.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr int index_version = 1;  // another where headers are read otherwise than before

fs::path index_file() {
  return cache_dir() / "model_index.json";
}

// {path: {"state", "kind", "form", "family", "parts", "why", "to_do"}}; only a cache, so a damaged one is none.
json read_remembered() {
  std::error_code error;
  if (!fs::exists(index_file(), error)) return json::object();
  try {
    json root = read_json_file(index_file());
    if (root.is_object() && root.value("version", 0) == index_version && root["models"].is_object())
      return root["models"];
  } catch (const std::exception&) {
  }
  return json::object();
}

std::string state_of_file(const fs::path& path) {
  std::error_code error;
  const auto changed = fs::last_write_time(path, error).time_since_epoch().count();
  if (error) return "-";
  const auto bytes = fs::is_directory(path, error) ? 0 : fs::file_size(path, error);
  return std::to_string(bytes) + ":" + std::to_string(changed);
}

// What must be the same for what is remembered to hold.
std::string state_of(const fs::path& path) {
  std::string state = state_of_file(path);
  std::error_code error;
  if (!fs::is_directory(path, error)) return state;
  for (const char* name : {"model_index.json", "config.json", "adapter_config.json"}) {
    state += " " + state_of_file(path / name);
  }
  const fs::path weights = find_safetensors(path);
  return weights.empty() ? state : state + " " + state_of_file(weights);
}

std::string text_in(const json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What was read beats what the folder's name promises.
void take_remembered(const json& entry, LibraryModel& model) {
  model.why = text_in(entry, "why");
  model.to_do = text_in(entry, "to_do");
  const auto kind = model_kind_of(text_in(entry, "kind"));
  const auto form = model_form_of(text_in(entry, "form"));
  if (!kind || !form || !model.why.empty()) return;
  model.description = ModelDescription{*kind, *form, text_in(entry, "family"), text_in(entry, "parts")};
  if (*kind != ModelKind::unknown) model.kind = *kind;
}

json described(const LibraryModel& model, const std::string& state, const ModelDescriber& describe) {
  json entry{{"state", state}};
  try {
    const ModelDescription description = describe(model.path);
    entry["kind"] = model_kind_name(description.kind);
    entry["form"] = model_form_name(description.form);
    entry["family"] = description.family;
    entry["parts"] = description.parts;
  } catch (const Error& error) {
    entry["why"] = error.why();
    entry["to_do"] = error.to_do();
  }
  return entry;
}

void remember(const std::vector<LibraryModel>& models, json known) {
  const FileLock lock(index_file().string() + ".lock");
  json kept = json::object();
  for (const LibraryModel& model : models) {
    const auto entry = known.find(model.path.string());
    if (entry != known.end()) kept[model.path.string()] = std::move(*entry);
  }
  write_text_file(index_file(), json_text(json{{"version", index_version}, {"models", std::move(kept)}}, 1));
}

LibraryModel as_library_model(FoundModel found, const fs::path& folder, FolderLayout layout) {
  LibraryModel model;
  model.name = std::move(found.name);
  model.path = std::move(found.path);
  model.folder = folder;
  model.layout = layout;
  model.place = std::move(found.place);
  model.kind = found.kind;
  return model;
}

void add_folder(const fs::path& folder, std::set<fs::path>& seen, std::vector<LibraryModel>& models) {
  const FolderLayout layout = layout_of(folder);
  for (FoundModel& found : find_models(folder)) {
    std::error_code error;
    fs::path real = fs::canonical(found.path, error);
    if (error || !seen.insert(std::move(real)).second) continue;  // folders may lie within one another
    models.push_back(as_library_model(std::move(found), folder, layout));
  }
}

std::vector<LibraryModel> scanned_library() {
  std::vector<LibraryModel> models;
  std::set<fs::path> seen;
  add_folder(models_dir(), seen, models);
  for (const fs::path& folder : model_folders()) add_folder(folder, seen, models);
  std::vector<LibraryModel> shipped;
  if (const fs::path folder = shipped_models_dir(); !folder.empty()) add_folder(folder, seen, shipped);
  for (LibraryModel& model : shipped) {
    const bool own = std::ranges::any_of(
        models, [&](const LibraryModel& other) { return ascii_lower(other.name) == ascii_lower(model.name); });
    if (!own) models.push_back(std::move(model));
  }
  for (LibraryModel& model : models) model.size_bytes = model_bytes(model.path);
  return models;
}

}  // namespace

std::vector<LibraryModel> library_models() {
  std::vector<LibraryModel> models = scanned_library();
  tell_apart(models);  // by folders alone, so that names stay when files are read
  const json known = read_remembered();
  for (LibraryModel& model : models) {
    const auto entry = known.find(model.path.string());
    if (entry == known.end() || !entry->is_object()) continue;
    if (text_in(*entry, "state") == state_of(model.path)) take_remembered(*entry, model);
  }
  return models;
}

std::vector<LibraryModel> index_library(const ModelDescriber& describe, bool remembered) {
  if (!describe) return library_models();
  std::vector<LibraryModel> models = scanned_library();
  tell_apart(models);
  json known = read_remembered();
  bool news = false;
  for (LibraryModel& model : models) {
    json& entry = known[model.path.string()];
    const std::string state = state_of(model.path);
    if (!entry.is_object() || text_in(entry, "state") != state) {
      entry = described(model, state, describe);
      news = true;
    }
    take_remembered(entry, model);
  }
  if (news && remembered) {
    try {
      remember(models, std::move(known));
    } catch (const Error&) {  // a disk that is full or not to be written to: headers are read again next time
    }
  }
  return models;
}

std::vector<LibraryModel> models_in(const fs::path& folder, ModelKind kind) {
  std::vector<LibraryModel> models;
  for (FoundModel& found : find_models_in(folder, kind)) {
    models.push_back(as_library_model(std::move(found), folder, FolderLayout::plain));
  }
  tell_apart(models);
  return models;
}

int64_t model_bytes(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    int64_t bytes = 0;
    const std::string stem = path.stem().string();
    const size_t first = stem.rfind("-00001-of-");
    if (first == std::string::npos) {
      const auto size = fs::file_size(path, error);
      return error ? 0 : static_cast<int64_t>(size);
    }
    for (fs::directory_iterator at(path.parent_path(), error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      const bool part = name.starts_with(stem.substr(0, first + 1)) && name.ends_with(path.extension().string());
      std::error_code ignored;
      if (part && at->is_regular_file(ignored)) bytes += static_cast<int64_t>(at->file_size(ignored));
    }
    return bytes;
  }
  int64_t bytes = 0;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at.depth() >= 2) at.disable_recursion_pending();
    std::error_code ignored;
    if (at->path().extension() == ".safetensors" && at->is_regular_file(ignored))
      bytes += static_cast<int64_t>(at->file_size(ignored));
  }
  return bytes;
}

}  // namespace diptych
