// Names of the library's models: how they are told apart, and which one a user means.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/io/library/model_index.h"

namespace diptych {

// Puts folders in front of names that another model might be meant by. Those of different kinds are asked for by
// different options, and may share one.
void tell_apart(std::vector<LibraryModel>& models);

// The one that a name means: its name, its file's name, or either behind some of the folders around it, in any case.
// `wanted` decides between models of one name, and keeps others than such that may hold it out; none: any, models
// before their parts. nullptr: there is none. Error (invalid_argument): several, with the names that tell them apart.
const LibraryModel* find_library_model(const std::vector<LibraryModel>& models, std::string_view name,
                                       std::optional<ModelKind> wanted = std::nullopt);

}  // namespace diptych
