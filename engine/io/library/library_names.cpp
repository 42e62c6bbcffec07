#include "engine/io/library/library_names.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/files/ascii.h"
#include "engine/io/formats/pickle.h"

namespace diptych {
namespace {

constexpr int most_folders_told = 12;

// "dream" behind the last `folders` of "ComfyUI/models/loras"
std::string behind_folders(const LibraryModel& model, int folders) {
  size_t begin = model.place.size();
  for (int i = 0; i < folders && begin > 0; ++i) {
    const size_t slash = model.place.rfind('/', begin == model.place.size() ? begin : begin - 2);
    begin = slash == std::string::npos ? 0 : slash + 1;
  }
  return begin >= model.place.size() ? model.name : model.place.substr(begin) + "/" + model.name;
}

bool names_it(const LibraryModel& model, const std::string& wanted) {
  const std::string ending = ascii_lower(model.path.extension().string());
  const bool is_file = ending == ".gguf" || ending == ".safetensors" || has_pickle_name(model.path);
  const std::string file = model.path.filename().string();
  const std::string bare = is_file ? model.path.stem().string() : file;
  for (const std::string& whole :
       {model.name, model.place + "/" + bare, model.place + "/" + file, model.path.string()}) {
    const std::string lower = ascii_lower(whole);
    if (lower == wanted || lower.ends_with("/" + wanted)) return true;
  }
  return false;
}

// How well a model answers to being asked for one of a kind; lower is better, below 0: not at all.
int fitness(const LibraryModel& model, std::optional<ModelKind> wanted) {
  constexpr int refused = 10;
  const int last = model.why.empty() && !has_pickle_name(model.path) ? 0 : refused;
  if (!wanted) {
    const bool whole = model.kind == ModelKind::text || model.kind == ModelKind::image;
    return last + (whole ? 0 : model.kind == ModelKind::unknown ? 1 : 2);
  }
  if (model.kind == *wanted) return last;
  if (model.kind == ModelKind::unknown) return last + 1;
  const bool part = *wanted == ModelKind::autoencoder || *wanted == ModelKind::text_encoder;
  if (part && model.kind == ModelKind::image) return last + 2;
  if (*wanted == ModelKind::image || *wanted == ModelKind::text) return last + 2;  // whose loader says what it is
  return *wanted == ModelKind::text_encoder && model.kind == ModelKind::text ? last + 2 : -1;
}

}  // namespace

void tell_apart(std::vector<LibraryModel>& models) {
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < models.size(); ++i) groups[ascii_lower(models[i].name)].push_back(i);
  std::vector<std::pair<size_t, std::string>> changed;
  for (const auto& entry : groups) {
    const std::vector<size_t>& group = entry.second;
    for (const size_t i : group) {
      const LibraryModel& one = models[i];
      const auto clashes = [&](const auto& form) {
        return std::ranges::any_of(group, [&](size_t j) {
          const LibraryModel& other = models[j];
          const bool alike =
              one.kind == other.kind || one.kind == ModelKind::unknown || other.kind == ModelKind::unknown;
          return j != i && alike && ascii_lower(form(one)) == ascii_lower(form(other));
        });
      };
      const auto plain = [](const LibraryModel& model) { return model.name; };
      const auto whole = [](const LibraryModel& model) { return model.path.filename().string(); };
      if (!clashes(plain)) continue;
      std::string told = one.path.string();
      for (int folders = 1; folders < most_folders_told; ++folders) {
        const auto form = [&](const LibraryModel& model) { return behind_folders(model, folders); };
        if (clashes(form)) continue;
        told = form(one);
        break;
      }
      if (told == one.path.string() && !clashes(whole)) told = whole(one);
      changed.emplace_back(i, std::move(told));
    }
  }
  for (auto& [i, name] : changed) models[i].name = std::move(name);
}

const LibraryModel* find_library_model(const std::vector<LibraryModel>& models, std::string_view name,
                                       std::optional<ModelKind> wanted) {
  const std::string lower = ascii_lower(name);
  std::vector<const LibraryModel*> best;
  int best_fitness = 0;
  if (lower.empty()) return nullptr;
  for (const LibraryModel& model : models) {
    const int fits = fitness(model, wanted);
    if (fits < 0 || (!best.empty() && fits > best_fitness) || !names_it(model, lower)) continue;
    if (!best.empty() && fits < best_fitness) best.clear();
    best_fitness = fits;
    best.push_back(&model);
  }
  if (best.empty()) return nullptr;
  for (const LibraryModel* model : best) {
    if (best.size() == 1 || ascii_lower(model->name) == lower) return model;
  }
  std::string names;
  for (const LibraryModel* model : best) names += (names.empty() ? "" : ", ") + model->name;
  throw Error(ErrorCategory::invalid_argument, "cannot tell which model is meant", std::string(name),
              std::to_string(best.size()) + " models have this name", "write one of these: " + names);
}

}  // namespace diptych
