// Sizes of a T5 encoder, from config.json or GGUF metadata.
#pragma once

#include "engine/model/model_source.h"
#include "engine/ops/activation.h"

namespace diptych::models {

struct T5Config {
  int64_t layers = 0, hidden = 0, intermediate = 0, heads = 0, head_dim = 0, vocab = 0;
  int64_t buckets = 32;        // of relative positions
  int64_t max_distance = 128;  // everything further away shares the last bucket
  float norm_eps = 1e-6f;
  Activation activation = Activation::gelu_tanh;
  bool gated = true;  // v1.1; the first T5 has a plain relu

  int64_t width() const { return heads * head_dim; }  // of queries, which may differ from `hidden`
};

// Error: invalid_file, unsupported (an activation that is not known).
T5Config t5_config(const ModelSource& source);

}  // namespace diptych::models
