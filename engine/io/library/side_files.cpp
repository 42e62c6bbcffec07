#include "engine/io/library/side_files.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/io/files/ascii.h"
#include "engine/io/formats/pickle.h"
#include "engine/io/library/library_names.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr size_t most_listed_names = 12;

// Where folders of side files may stand: A1111 keeps models in models/Stable-diffusion, adapters in models/Lora and
// embeddings in embeddings, ComfyUI likewise.
std::vector<fs::path> homes(const fs::path& model) {
  if (model.empty()) return {};
  const fs::path whole = fs::absolute(model).lexically_normal();
  const fs::path named = whole.has_filename() ? whole : whole.parent_path();
  const fs::path above = named.parent_path().parent_path();
  std::vector<fs::path> places{named, named.parent_path(), above};
  if (above.filename() == "models") places.push_back(above.parent_path());
  return places;
}

std::vector<fs::path> folders_beside(ModelKind kind, const fs::path& model) {
  std::vector<fs::path> folders;
  for (const fs::path& home : homes(model)) {
    std::error_code error;
    std::vector<fs::path> here;
    for (fs::directory_iterator entry(home, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (kind_of_folder_name(entry->path().filename().string()) == kind && entry->is_directory(ignored))
        here.push_back(entry->path());
    }
    std::ranges::sort(here);
    for (const fs::path& folder : here) {
      if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
    }
  }
  return folders;
}

bool can_be_used(ModelKind kind, const fs::path& path) {
  if (has_pickle_name(path)) return false;
  return kind != ModelKind::embedding || ascii_lower(path.extension().string()) == ".safetensors";
}

const char* side_kind_name(ModelKind kind) {
  return kind == ModelKind::autoencoder ? "autoencoder" : model_kind_name(kind);
}

const char* usual_folder(ModelKind kind) {
  switch (kind) {
    case ModelKind::adapter:
      return "loras";
    case ModelKind::embedding:
      return "embeddings";
    case ModelKind::autoencoder:
      return "vae";
    case ModelKind::control:
      return "controlnet";
    case ModelKind::upscaler:
      return "upscale_models";
    case ModelKind::text_encoder:
      return "text_encoders";
    default:
      return "models";
  }
}

// What is of the kind, to be told to whom asked for another.
std::string names_there(ModelKind kind, const std::vector<LibraryModel>& models) {
  std::string names;
  size_t count = 0;
  for (const LibraryModel& model : models) {
    if (model.kind != kind || !model.why.empty() || !can_be_used(kind, model.path)) continue;
    if (++count > most_listed_names) return names + ", …";
    names += (names.empty() ? "" : ", ") + model.name;
  }
  return names;
}

// `searched`: where else it was looked for, "/models/Lora, ".
fs::path from_library(ModelKind kind, std::string_view name, const std::string& searched) {
  const std::vector<LibraryModel> models = library_models();
  if (const LibraryModel* found = find_library_model(models, name, kind)) return found->path;
  const std::string known = names_there(kind, models);
  throw Error(ErrorCategory::not_found, std::string("cannot find ") + side_kind_name(kind),
              std::string(name.substr(0, 200)), "no file of this name is in " + searched + "the model folders",
              (known.empty() ? "" : "choose one of these: " + known + "; or ") + std::string("put it into a folder '") +
                  usual_folder(kind) +
                  "' beside the model, give its path, or add its folder with 'diptych models index'");
}

}  // namespace

std::string side_file_name(const fs::path& path) {
  const std::string ending = path.extension().string();
  return (ending == ".safetensors" || ending == ".gguf" ? path.stem() : path.filename()).string();
}

std::vector<fs::path> side_files(ModelKind kind, const fs::path& model) {
  std::vector<fs::path> files;
  const auto add = [&](const std::vector<LibraryModel>& models) {
    for (const LibraryModel& one : models) {
      if (one.kind != kind || !one.why.empty() || !can_be_used(kind, one.path)) continue;
      const std::string name = side_file_name(one.path);
      const bool known =
          std::ranges::any_of(files, [&](const fs::path& other) { return side_file_name(other) == name; });
      if (!known) files.push_back(one.path);
    }
  };
  for (const fs::path& folder : folders_beside(kind, model)) add(models_in(folder, kind));
  add(library_models());
  return files;
}

fs::path resolve_side_file(ModelKind kind, std::string_view name_or_path, const fs::path& model) {
  std::error_code error;
  const fs::path path(name_or_path);
  if (!path.empty() && fs::exists(path, error)) return path;
  std::string searched;
  for (const fs::path& folder : folders_beside(kind, model)) {
    const std::vector<LibraryModel> models = models_in(folder, kind);
    if (const LibraryModel* found = find_library_model(models, name_or_path, kind)) return found->path;
    searched += folder.string() + ", ";
  }
  return from_library(kind, name_or_path, searched);
}

fs::path resolve_library_file(ModelKind kind, std::string_view name) {
  return from_library(kind, name, "");
}

}  // namespace diptych
