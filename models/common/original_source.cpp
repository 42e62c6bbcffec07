#include "models/common/original_source.h"

#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace diptych::models {

ModelSource original_source(std::shared_ptr<const WeightFile> weights, const nlohmann::json& config) {
  ModelSource source{.path = weights->path(), .gguf = nullptr, .hf = HfFolder{}, .weights = nullptr};
  source.hf->path = weights->path();
  source.hf->config = std::make_shared<nlohmann::json>(config);
  source.weights = std::move(weights);
  return source;
}

void refuse_original(const WeightFile& file, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot load model", file.path(), why,
              "choose the model's Hugging Face folder, whose config.json says it");
}

}  // namespace diptych::models
