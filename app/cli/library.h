// The library, described by the models that this build knows.
#pragma once

#include <vector>

#include "engine/io/model_index.h"

namespace diptych::cli {

std::vector<LibraryModel> indexed_library();

// Error: why the model cannot be used.
ModelDescription describe_by_headers(const std::filesystem::path& path);

}  // namespace diptych::cli
