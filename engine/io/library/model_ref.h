// From what a user writes to a model on disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/library/model_description.h"

namespace diptych {

// A model on disk: a file or folder, and the files that its missing parts are taken from.
struct ModelRef {
  std::filesystem::path path;
  std::filesystem::path vae;                         // empty: the model's own
  std::vector<std::filesystem::path> text_encoders;  // beside, or in place of, its own
  std::string prediction;  // "epsilon", "v_prediction" where its files do not say it; empty: as they say
  std::string quantize;    // "q8_0": linear layers that are stored plain are rounded to it; empty: as they are stored
};

// A path to a file or folder, a name of the catalogue whose file was fetched, or the name of a library model, as
// find_library_model() (library_names.h) reads it. Error: not_found says what is there and how to get a known model;
// invalid_argument (several models have this name).
std::filesystem::path resolve_model(std::string_view name_or_path, std::optional<ModelKind> wanted = std::nullopt);

}  // namespace diptych
