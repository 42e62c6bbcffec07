// The library, described by the models that this build knows.
#pragma once

#include <vector>

#include "engine/io/library/model_index.h"

namespace diptych::cli {

// `remembered` false leaves no trace of having read it.
std::vector<LibraryModel> indexed_library(bool remembered = true);

// Error: why the model cannot be used.
ModelDescription describe_by_headers(const std::filesystem::path& path);

}  // namespace diptych::cli
