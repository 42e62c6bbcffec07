// What the configurations of decoder-only transformers have in common.
#pragma once

#include "engine/model/causal_lm.h"
#include "engine/ops/activation.h"
#include "models/common/config_reader.h"

namespace diptych::models {

struct DecoderConfig {
  int64_t layers = 0;
  int64_t hidden = 0;
  int64_t heads = 0, kv_heads = 0, head_dim = 0;
  int64_t intermediate = 0;
  int64_t context_length = 0;
  float norm_eps = 1e-6f;
  bool tied = false;           // the output layer is the embedding table, whatever the file holds
  int64_t sliding_window = 0;  // of windowed layers; 0: none
  Activation activation = Activation::silu;

  int64_t q_rows() const { return heads * head_dim; }
  int64_t kv_rows() const { return kv_heads * head_dim; }
  CausalLmInfo info(std::string architecture, int64_t vocab, int64_t parameters) const;
};

// What a key that config.json leaves out means: every family has its own defaults, and published files rely on them.
struct HfDefaults {
  int64_t heads = 0;     // 0: the key is required
  int64_t kv_heads = 0;  // 0: as many as heads
  int64_t head_dim = 0;  // 0: hidden / heads
  int64_t context_length = 2048;
  bool tied = false;
  const char* activation_key = "hidden_act";
  const char* activation = "silu";
  bool mixture = false;  // see decoder_config_of_gguf
};

// Errors where extents contradict each other (heads that are no multiple of kv_heads, …).
// `mixture`: the architecture reads mixtures of experts itself; others refuse them.
DecoderConfig decoder_config_of_gguf(const ModelSource& source, bool mixture = false);
DecoderConfig decoder_config_of_hf(const ModelSource& source, const HfDefaults& defaults = {});
DecoderConfig decoder_config(const ModelSource& source, const HfDefaults& defaults = {});

// q, k and v side by side, as a grouped linear layer gives them.
struct Heads {
  Tensor q;     // [tokens, heads, head_dim]
  Tensor k, v;  // [tokens, kv_heads, head_dim]
};
Heads split_heads(const Tensor& qkv, const DecoderConfig& config);  // qkv [tokens, (heads + 2 kv_heads) * head_dim]

}  // namespace diptych::models
