// Every architecture of this build.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/model/image_upscaler.h"
#include "engine/model/registry.h"

namespace diptych::models {

void register_all(ModelRegistry& registry);

// A network that enlarges pictures, told by its weights: a safetensors file of ESRGAN's kind. Error: not_found,
// invalid_file, unsupported.
std::unique_ptr<ImageUpscaler> load_upscaler(Context& ctx, const std::filesystem::path& path,
                                             const LoadOptions& options = {});

}  // namespace diptych::models
