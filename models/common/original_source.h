// A network found in a checkpoint, with a configuration that its weights tell, as if it came from a folder.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/model/model_source.h"
#include "models/common/renamed_weights.h"

namespace diptych::models {

// `config`: what config.json would say.
ModelSource original_source(std::shared_ptr<const WeightFile> weights, const nlohmann::json& config);

// Error (unsupported): what the configuration would say cannot be told from the weights.
[[noreturn]] void refuse_original(const WeightFile& file, const std::string& why);

}  // namespace diptych::models
