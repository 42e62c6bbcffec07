// Inverse frequencies of rotary embeddings, with the scalings in use. Formulas: linear (Chen et al. 2023), llama3
// (Llama 3.1 model card), yarn (Peng et al. 2023), in the parameterisation of transformers' modeling_rope_utils.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "engine/model/weight_loader.h"
#include "engine/ops/rope.h"
#include "models/common/config_reader.h"

namespace diptych::models {

struct RopeParameters {
  double theta = 10000;
  int64_t rotary_dim = 0;
  enum class Scaling { none, linear, llama3, yarn } scaling = Scaling::none;
  double factor = 1;
  int64_t original_context = 0;                      // llama3, yarn
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3
  double beta_fast = 32, beta_slow = 1;              // yarn
  bool truncate = true;                              // yarn: the ramp starts and ends at whole dimensions
  double magnitude = 1;                              // yarn: of cos and sin
};

Rope make_rope(const RopeParameters& parameters, RopeStyle style);

// LongRoPE (Ding et al. 2024): divisors of each frequency, one set for sequences as long as the model was first trained
// on, one for longer ones.
struct LongRope {
  Rope shorter, longer;
  int64_t original_context = 0;
};
// None where the configuration asks for another scaling.
std::optional<LongRope> long_rope_of_hf(const HfConfig& config, int64_t head_dim);
std::optional<LongRope> long_rope_of_gguf(const GgufConfig& config, WeightLoader& loader, int64_t head_dim);

// Of a GGUF file; `rope_freqs.weight`, where it exists, divides the frequencies (llama3 scaling as converted).
Rope rope_of_gguf(const GgufConfig& config, WeightLoader& loader, int64_t head_dim, RopeStyle style);

// Of config.json: "rope_parameters" (transformers 5) or "rope_theta" with "rope_scaling". `layer_type` picks a part of
// nested rope_parameters ("full_attention"); nullptr: they are not nested. `default_theta`: where the file gives none.
Rope rope_of_hf(const HfConfig& config, int64_t head_dim, const char* layer_type = nullptr,
                double default_theta = 10000);

}  // namespace diptych::models
