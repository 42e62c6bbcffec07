// Qwen-Image's transformer in a file without configuration, as ComfyUI and GGUF files keep it: under diffusers' names,
// which are its authors' own.
#pragma once

#include <memory>
#include <string>

#include "engine/model/model_source.h"

namespace diptych::models {

bool holds_qwen_image(const WeightFile& file, const std::string& prefix);

// With the configuration that the weights tell. Error: invalid_file, unsupported (variants that are computed otherwise,
// heads of another width).
ModelSource qwen_image_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix);

}  // namespace diptych::models
