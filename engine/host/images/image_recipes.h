// Settings out of a picture's metadata, with the models and files that are here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/api/image.h"
#include "engine/api/model.h"

namespace diptych::host {

// What a recipe may name and this host has.
struct RecipeMaterial {
  std::vector<api::ModelInfo> models;
  std::vector<api::ImageFile> files;
  std::function<bool(const std::string& id)> has_picture;  // an upload or one of the gallery
};

// Error: invalid_file, unsupported (no picture, or one without a recipe of a program that is known).
api::RestoredSettings restore_settings(const std::string& bytes, const RecipeMaterial& material);

}  // namespace diptych::host
