#include "engine/io/library/model_folders.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"
#include "engine/io/files/utf8.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/extra_model_paths.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

fs::path folders_file() {
  return config_dir() / "model_folders.json";
}

void save(const std::vector<fs::path>& folders) {
  nlohmann::json list = nlohmann::json::array();
  for (const fs::path& folder : folders) list.push_back(folder.string());
  write_text_file(folders_file(), list.dump(2) + "\n");
}

}  // namespace

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  std::error_code error;
  if (!fs::exists(folders_file(), error)) return folders;
  const nlohmann::json list = read_json_file(folders_file());
  if (!list.is_array()) {
    throw Error(ErrorCategory::invalid_file, "cannot read model folders", folders_file().string(), "it is not a list",
                "remove the file and add the folders again with 'diptych models index FOLDER'");
  }
  for (const nlohmann::json& entry : list) {
    if (entry.is_string()) folders.emplace_back(entry.get<std::string>());
  }
  return folders;
}

void add_model_folder(const fs::path& folder) {
  std::error_code error;
  const fs::path absolute = fs::canonical(folder, error);
  if (error || !fs::is_directory(absolute, error)) {
    throw Error(ErrorCategory::not_found, "cannot add model folder", folder.string(), "no such folder",
                "give a folder that exists");
  }
  if (!is_utf8(absolute.string())) {
    throw Error(ErrorCategory::invalid_argument, "cannot add model folder", absolute.string(),
                "its name is no UTF-8, in which settings are kept", "give it another name");
  }
  if (const fs::path extra = extra_model_paths_file(absolute); !extra.empty()) (void)read_extra_model_paths(extra);
  std::vector<fs::path> folders = model_folders();
  if (std::find(folders.begin(), folders.end(), absolute) != folders.end()) return;
  folders.push_back(absolute);
  save(folders);
}

void remove_model_folder(const fs::path& folder) {
  std::vector<fs::path> folders = model_folders();
  const fs::path absolute = fs::weakly_canonical(folder);
  if (std::erase(folders, absolute) > 0) save(folders);
}

}  // namespace diptych
