// Sizes of a Sana transformer, from config.json.
#pragma once

#include "engine/model/model_source.h"

namespace diptych::models {

struct SanaConfig {
  int64_t layers = 0, heads = 0, head_dim = 0, text_heads = 0, text_head_dim = 0;
  int64_t in_channels = 0, out_channels = 0, patch = 0;
  int64_t sample_size = 0;
  int64_t text_width = 0;
  int64_t inner = 0;  // of the feed-forward layer, behind its gate
  float norm_eps = 1e-6f;
  bool qk_norm = false;
  bool guided = false;       // the guidance scale is an input: Sana-Sprint
  float interpolation = 0;   // of places; 0: there are none
  float timestep_scale = 1;  // pipelines multiply by it what the schedule counts

  int64_t width() const { return heads * head_dim; }
};

// Error: invalid_file, unsupported (norms with parameters, other norms of heads).
SanaConfig sana_config(const ModelSource& source);

}  // namespace diptych::models
