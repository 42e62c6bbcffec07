// Names of activations in config.json.
#pragma once

#include "engine/ops/activation.h"
#include "models/common/config_reader.h"

namespace diptych::models {

// Error (unsupported) names the file, the key and what is known.
Activation activation_of_hf(const HfConfig& config, const char* key, const char* fallback);

}  // namespace diptych::models
