// What the configurations of Gemma 2 and 3 leave out, which transformers has in common for both.
#pragma once

#include <cmath>

#include "models/common/decoder_config.h"

namespace diptych::models {

constexpr HfDefaults gemma_defaults(int64_t context_length) {
  return {.heads = 8,
          .kv_heads = 4,
          .head_dim = 256,
          .context_length = context_length,
          .tied = true,
          .activation_key = "hidden_activation",
          .activation = "gelu_pytorch_tanh"};
}

// Attention's scale, of query_pre_attn_scalar.
inline float inverse_root(double value) {
  return static_cast<float>(1.0 / std::sqrt(value));
}

}  // namespace diptych::models
