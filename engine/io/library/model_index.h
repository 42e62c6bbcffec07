// The library: every model in models_dir(), in the folders that the user added (model_folders.h) and in
// shipped_models_dir(). What each one is, is read once from its headers and remembered in
// cache_dir()/model_index.json until its size or time of change differs; content hashes are in file_hashes.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/library/model_layout.h"

namespace diptych {

struct LibraryModel {
  std::string name;  // that it is asked for by: "dream", or "anime/dream" where other folders have one of that name
  std::filesystem::path path;
  std::filesystem::path folder;  // of the library, that it was found in
  FolderLayout layout = FolderLayout::plain;
  std::string place;                    // see FoundModel
  ModelKind kind = ModelKind::unknown;  // as its headers say; where they were not read or say nothing, as its folder
  std::optional<ModelDescription> description = std::nullopt;  // none: not read, or not readable
  int64_t size_bytes = 0;
  std::string why = {}, to_do = {};  // why it cannot be used, and what helps; empty: it can, or it was not read
};

// Without opening files: what is remembered of them. The user's models come before those that are shipped, of which
// those are left out whose name the user has. Error: invalid_file (the list of folders).
std::vector<LibraryModel> library_models();

// The same, with all that is new or has changed read, and, if `remembered`, written down. An empty `describe` reads
// nothing.
std::vector<LibraryModel> index_library(const ModelDescriber& describe, bool remembered = true);

// Those of one folder of side files, of `kind` where no folder between says otherwise; not described.
std::vector<LibraryModel> models_in(const std::filesystem::path& folder, ModelKind kind);

// Bytes of weights of a file, a set of files or a folder.
int64_t model_bytes(const std::filesystem::path& path);

}  // namespace diptych
