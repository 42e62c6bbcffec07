// RRDBNet: the network of ESRGAN (Wang et al. 2018) and Real-ESRGAN (Wang et al. 2021), which enlarges pictures.
#pragma once

#include <memory>

#include "engine/model/image_upscaler.h"
#include "engine/model/registry.h"

namespace diptych::models {

// Error as rrdb_file() and WeightLoader.
std::unique_ptr<ImageUpscaler> load_rrdb_net(Context& ctx, std::shared_ptr<const WeightFile> file,
                                             const LoadOptions& options = {});

}  // namespace diptych::models
