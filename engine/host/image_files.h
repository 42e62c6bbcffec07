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

}  // namespace diptych::host
