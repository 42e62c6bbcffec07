// Files that may be used with image models: those of the library that are neither.
#pragma once

#include <filesystem>
#include <string>

#include "engine/api/image_model.h"
#include "engine/io/library/model_index.h"

namespace diptych::host {

api::ImageFiles image_files(const ModelDescriber& describe);

// From a name of that list, or a whole path, to the file. Error: not_found lists the names there are; invalid_argument
// (several have this name).
std::filesystem::path image_file(const std::string& name, api::ImageFileKind kind);

// The folder of CLIP's image encoder that IP-Adapters of a model read pictures with. Without a name the model's own, or
// the only one in the model folders. Error (invalid_argument): neither.
std::filesystem::path image_encoder_for(const std::string& name, const std::filesystem::path& model);

// What the interface calls the program that a model's folder belongs to.
std::string origin_of(const LibraryModel& model);

}  // namespace diptych::host
