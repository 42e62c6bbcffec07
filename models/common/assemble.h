// Loads what every decoder has around its layers.
#pragma once

#include <functional>

#include "models/common/decoder.h"
#include "models/common/decoder_config.h"
#include "models/common/decoder_weights.h"

namespace diptych::models {

using MakeLayer = std::function<std::unique_ptr<DecoderLayer>(int64_t index)>;

// Embeddings, layers, last norm and output, in this order. Ropes and what else an architecture has are the caller's.
// `norm_offset` is added to the last norm's weights. Of a model that is loaded in part neither norm nor output. Error
// (invalid_argument) where it has fewer layers than are asked for.
DecoderParts assemble(DecoderWeights& weights, const DecoderConfig& config, const std::string& architecture,
                      const MakeLayer& make_layer, float norm_offset = 0.0f);

}  // namespace diptych::models
