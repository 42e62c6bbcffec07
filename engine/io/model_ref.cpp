#include "engine/io/model_ref.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "engine/core/error.h"
#include "engine/io/ascii.h"
#include "engine/io/catalog.h"
#include "engine/io/model_folders.h"
#include "engine/io/paths.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

bool is_later_shard(const std::string& name) {  // NAME-00002-of-00005.gguf
  const size_t of = name.rfind("-of-");
  return of != std::string::npos && of >= 6 && name[of - 6] == '-' && name.substr(of - 5, 5) != "00001" &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(of) - 5, name.begin() + static_cast<std::ptrdiff_t>(of),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_model(const fs::directory_entry& entry) {
  std::error_code error;
  if (entry.is_directory(error)) {
    return fs::exists(entry.path() / "config.json", error) || fs::exists(entry.path() / "model_index.json", error);
  }
  const std::string extension = ascii_lower(entry.path().extension().string());
  return (extension == ".gguf" || extension == ".safetensors") && !is_later_shard(entry.path().filename().string());
}

}  // namespace

std::vector<fs::path> models_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().front() != '.' && is_model(*entry)) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> library_models() {
  std::vector<fs::path> found = models_in(models_dir());
  for (const fs::path& folder : model_folders()) {
    for (fs::path& path : models_in(folder)) found.push_back(std::move(path));
  }
  for (fs::path& path : models_in(shipped_models_dir())) {
    const bool own =
        std::ranges::any_of(found, [&](const fs::path& other) { return other.filename() == path.filename(); });
    if (!own) found.push_back(std::move(path));
  }
  return found;
}

fs::path resolve_model(std::string_view name_or_path) {
  std::error_code error;
  const fs::path path(name_or_path);
  if (!name_or_path.empty() && fs::exists(path, error)) return path;

  if (const CatalogModel* model = find_model(builtin_catalog(), name_or_path)) {
    const fs::path file = models_dir() / model->file_name;
    if (fs::exists(file, error)) return file;
    throw Error(ErrorCategory::not_found, "cannot open model", model->name, "it has not been fetched yet",
                "run 'diptych models get " + model->name + "'");
  }
  const std::string wanted = ascii_lower(name_or_path);
  if (!wanted.empty() && wanted.find('/') == std::string::npos) {
    for (const fs::path& candidate : library_models()) {
      if (ascii_lower(candidate.filename().string()) == wanted || ascii_lower(candidate.stem().string()) == wanted)
        return candidate;
    }
  }
  throw Error(ErrorCategory::not_found, "cannot open model", std::string(name_or_path), "no such file, folder or name",
              "check the path, or see 'diptych models list'");
}

}  // namespace diptych
