// A layer of Gemma: norms before and after each half, GeGLU, attention that may see a window only. Gemma 2's caps the
// scores of attention, Gemma 3's norms queries and keys instead.
#pragma once

#include <vector>

#include "models/common/decoder.h"
#include "models/common/decoder_config.h"
#include "models/common/decoder_weights.h"

namespace diptych::models {

struct GemmaConfig : DecoderConfig {
  std::vector<int64_t> windows;  // per layer, 0: sees every key
  float attention_scale = 0;     // 1 / sqrt(query_pre_attn_scalar)
  float attention_softcap = 0;   // of scores, see AttentionOptions; 0: none
  float logit_softcap = 0;
  float norm_offset = 0;  // Hugging Face stores norms less one, GGUF as they are
  bool head_norms = false;
};

struct GemmaLayer final : DecoderLayer {
  // `rope`: which of the model's ropes turns this layer.
  GemmaLayer(DecoderWeights& weights, const GemmaConfig& config, int64_t index, size_t rope);
  Tensor forward(Context& ctx, const Tensor& x, const DecoderStep& step) const override;

  GemmaConfig config;
  int64_t index, window;
  size_t rope_index;
  Tensor attention_norm;        // [hidden]
  Linear qkv;                   // [(heads + 2 kv_heads) * head_dim, hidden]
  Tensor q_norm, k_norm;        // [head_dim], or empty
  Linear output;                // [hidden, heads * head_dim]
  Tensor after_attention_norm;  // [hidden]
  Tensor mlp_norm;              // [hidden]
  Linear gate_up;               // [2 intermediate, hidden]
  Linear down;                  // [hidden, intermediate]
  Tensor after_mlp_norm;        // [hidden]
};

}  // namespace diptych::models
