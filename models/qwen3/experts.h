// The feed-forward layer of Qwen3's mixtures of experts.
#pragma once

#include <vector>

#include "models/common/decoder_config.h"
#include "models/common/decoder_weights.h"

namespace diptych::models {

struct ExpertsConfig {
  int64_t experts = 0, per_token = 0;
  int64_t intermediate = 0;      // of each
  bool normalised = true;        // weights of a token's experts sum to 1
  std::vector<bool> dense = {};  // layers that have no experts

  bool in_layer(int64_t index) const { return experts > 0 && !dense[static_cast<size_t>(index)]; }
};

// Of an architecture without experts: none. Error (invalid_file): numbers that contradict each other.
ExpertsConfig experts_config(const ModelSource& source, int64_t layers);

struct Experts {
  Experts(DecoderWeights& weights, const DecoderConfig& config, const ExpertsConfig& experts, int64_t index);
  Tensor forward(Context& ctx, const Tensor& x) const;  // [tokens, hidden]

  int64_t per_token;
  bool normalised;
  Activation activation;
  Linear router;                // [experts, hidden]
  std::vector<Linear> gate_up;  // of each expert, [2 intermediate, hidden]
  std::vector<Linear> down;     // [hidden, intermediate]
};

}  // namespace diptych::models
