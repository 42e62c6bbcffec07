// FLUX.1 as Black Forest Labs name it (github.com/black-forest-labs/flux, src/flux/model.py): GGUF files and
// checkpoints of one file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/io/formats/weights.h"
#include "models/common/renamed_weights.h"
#include "models/flux/flux_config.h"

namespace diptych::models {

struct FluxOriginal {
  FluxConfig config;                          // told by the weights' shapes
  std::shared_ptr<const WeightFile> weights;  // under diffusers' names
};

bool holds_flux_original(const WeightFile& file);
// Error (invalid_file): a weight that tells a size is missing.
FluxOriginal flux_original(const std::shared_ptr<const WeightFile>& file);

// Names of that layout for the layers of a model of this size, `prefix` in front of each.
std::vector<RenamedWeight> flux_original_names(const FluxConfig& config, const std::string& prefix = {});

// Names that XLabs' adapters have (github.com/XLabs-AI/x-flux) for the products around attention.
std::vector<RenamedWeight> flux_xlabs_names(const FluxConfig& config);

}  // namespace diptych::models
