// A layer of Llama (Touvron et al. 2023): pre-norm attention with rotary positions, SwiGLU. Mistral's and Qwen2's
// layers are the same with a sliding window and with biases, Phi-3's with fused weights, and use this one.
#pragma once

#include "models/common/decoder.h"
#include "models/common/decoder_config.h"
#include "models/common/decoder_weights.h"

namespace diptych::models {

struct LlamaLayer final : DecoderLayer {
  // `fused`: the file holds q, k and v as one matrix, and gate and up.
  LlamaLayer(DecoderWeights& weights, const DecoderConfig& config, int64_t index, int64_t window = 0,
             bool fused = false);
  Tensor forward(Context& ctx, const Tensor& x, const DecoderStep& step) const override;

  DecoderConfig config;
  int64_t index;
  int64_t window;         // 0: sees every key
  Tensor attention_norm;  // [hidden]
  Linear qkv;             // [(heads + 2 kv_heads) * head_dim, hidden]
  Linear output;          // [hidden, heads * head_dim]
  Tensor mlp_norm;        // [hidden]
  Linear gate_up;         // [2 intermediate, hidden]
  Linear down;            // [hidden, intermediate]
};

}  // namespace diptych::models
