#include "engine/io/side_files.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/core/error.h"
#include "engine/io/model_folders.h"
#include "engine/io/paths.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr int deepest = 6;  // folders below those

std::vector<std::string> folder_names(SideFile kind) {
  if (kind == SideFile::embedding) return {"embeddings"};
  return {"loras", "Lora", "lora"};
}

// Where such folders may stand.
std::vector<fs::path> homes(const fs::path& model) {
  std::vector<fs::path> places;
  if (!model.empty()) {
    const fs::path whole = fs::absolute(model).lexically_normal();
    const fs::path named = whole.has_filename() ? whole : whole.parent_path();
    // A1111 keeps models in models/Stable-diffusion and adapters in models/Lora, ComfyUI likewise.
    places = {named, named.parent_path(), named.parent_path().parent_path()};
  }
  places.push_back(models_dir());
  for (const fs::path& folder : model_folders()) {
    places.push_back(folder);
    places.push_back(folder / "models");
  }
  return places;
}

std::vector<fs::path> searched_folders(SideFile kind, const fs::path& model) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const fs::path& home : homes(model)) {
    for (const std::string& name : folder_names(kind)) {
      const fs::path folder = home / name;
      if (fs::is_directory(folder, error) && std::ranges::find(folders, folder) == folders.end())
        folders.push_back(folder);
    }
  }
  return folders;
}

bool is_side_file(SideFile kind, const fs::directory_entry& entry) {
  std::error_code error;
  if (entry.is_directory(error)) {
    return kind == SideFile::adapter && fs::exists(entry.path() / "adapter_config.json", error);
  }
  const std::string ending = entry.path().extension().string();
  return ending == ".safetensors" || (kind == SideFile::adapter && ending == ".gguf");
}

std::vector<fs::path> files_in(SideFile kind, const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, error), end; !error && at != end; at.increment(error)) {
    if (at.depth() >= deepest) at.disable_recursion_pending();
    if (!is_side_file(kind, *at)) continue;
    files.push_back(at->path());
    at.disable_recursion_pending();
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::string side_file_name(const fs::path& path) {
  const std::string ending = path.extension().string();
  return (ending == ".safetensors" || ending == ".gguf" ? path.stem() : path.filename()).string();
}

std::vector<fs::path> side_files(SideFile kind, const fs::path& model) {
  std::vector<fs::path> files;
  for (const fs::path& folder : searched_folders(kind, model)) {
    for (fs::path& file : files_in(kind, folder)) {
      const std::string name = side_file_name(file);
      const bool known = std::ranges::any_of(files, [&](const fs::path& one) { return side_file_name(one) == name; });
      if (!known) files.push_back(std::move(file));
    }
  }
  return files;
}

fs::path resolve_side_file(SideFile kind, std::string_view name_or_path, const fs::path& model) {
  std::error_code error;
  const fs::path path(name_or_path);
  if (fs::exists(path, error)) return path;
  for (const fs::path& file : side_files(kind, model)) {
    if (side_file_name(file) == name_or_path || file.filename() == path) return file;
  }
  std::string searched;
  for (const fs::path& folder : searched_folders(kind, model))
    searched += (searched.empty() ? "" : ", ") + folder.string();
  const bool adapter = kind == SideFile::adapter;
  const std::string usual = adapter ? "loras" : "embeddings";
  throw Error(ErrorCategory::not_found, adapter ? "cannot find adapter" : "cannot find embedding",
              std::string(name_or_path),
              searched.empty() ? "there is no folder '" + usual + "' beside the model" : "it is not in " + searched,
              "give its path, or put it into a folder '" + usual + "' beside the model");
}

}  // namespace diptych
