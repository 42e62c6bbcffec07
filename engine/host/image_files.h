// Files that may be used with image models: those of the subfolders of the model folders that A1111 and ComfyUI name
// so.
#pragma once

#include <filesystem>
#include <string>

#include "engine/api/image_model.h"

namespace diptych::host {

api::ImageFiles image_files();

// From a name of that list, or a path, to the file. Error (not_found) lists the names there are.
std::filesystem::path image_file(const std::string& name, api::ImageFileKind kind);

// The folder of CLIP's image encoder that IP-Adapters of a model read pictures with. Without a name the model's own, or
// the only one in the model folders. Error (invalid_argument): neither.
std::filesystem::path image_encoder_for(const std::string& name, const std::filesystem::path& model);

}  // namespace diptych::host
