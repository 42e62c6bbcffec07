// Sizes of a DiT, from config.json.
#pragma once

#include "engine/model/model_source.h"

namespace diptych::models {

struct DitConfig {
  int64_t layers = 0, heads = 0, head_dim = 0;
  int64_t in_channels = 0, out_channels = 0, patch = 0;
  int64_t sample_size = 0;
  int64_t classes = 0;
  float norm_eps = 1e-5f;  // in front of the feed-forward layer

  int64_t width() const { return heads * head_dim; }
};

// Error: invalid_file, unsupported (norms with parameters, other conditions or activations than DiT's).
DitConfig dit_config(const ModelSource& source);

}  // namespace diptych::models
