#include "models/common/assemble.h"

#include "engine/core/error.h"

namespace diptych::models {

DecoderParts assemble(DecoderWeights& weights, const DecoderConfig& config, const std::string& architecture,
                      const MakeLayer& make_layer, float norm_offset) {
  const int64_t wanted = weights.loader().options().layers;
  if (wanted > config.layers) {
    throw Error(ErrorCategory::invalid_argument, "cannot read layer " + std::to_string(wanted), weights.loader().path(),
                "the model has " + std::to_string(config.layers), "choose a layer that it has");
  }
  DecoderConfig used = config;
  if (wanted > 0) used.layers = wanted;
  DecoderParts parts;
  parts.norm_eps = used.norm_eps;
  parts.embeddings = weights.embeddings(weights.vocabulary(), config.hidden);
  for (int64_t i = 0; i < used.layers; ++i) parts.layers.push_back(make_layer(i));
  if (wanted == 0) {
    parts.final_norm = weights.final_norm(config.hidden, norm_offset);
    parts.output.layer = weights.output(parts.embeddings, config.tied);
    weights.finish();
  }
  parts.info = used.info(architecture, parts.embeddings.rows, weights.loader().parameters());
  return parts;
}

}  // namespace diptych::models
