#include "models/common/assemble.h"

namespace diptych::models {

DecoderParts assemble(DecoderWeights& weights, const DecoderConfig& config, const std::string& architecture,
                      const MakeLayer& make_layer, float norm_offset) {
  DecoderParts parts;
  parts.embeddings = weights.embeddings(weights.vocabulary(), config.hidden);
  for (int64_t i = 0; i < config.layers; ++i) parts.layers.push_back(make_layer(i));
  parts.final_norm = weights.final_norm(config.hidden, norm_offset);
  parts.norm_eps = config.norm_eps;
  parts.output = weights.output(parts.embeddings, config.tied);
  parts.info = config.info(architecture, parts.embeddings.rows, weights.loader().parameters());
  weights.finish();
  return parts;
}

}  // namespace diptych::models
