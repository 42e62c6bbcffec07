// Sizes of a Wan transformer, from config.json.
#pragma once

#include "engine/model/model_source.h"

namespace diptych::models {

struct WanConfig {
  int64_t layers = 0, heads = 0, head_dim = 0, inner = 0;
  int64_t in_channels = 0, out_channels = 0;
  int64_t patch = 0, patch_frames = 0;
  int64_t text_width = 0, frequencies = 0;
  bool text_norm = false;  // a norm with parameters in front of the cross-attention
  float norm_eps = 1e-6f;

  int64_t width() const { return heads * head_dim; }
  int64_t patch_values() const { return patch_frames * patch * patch; }
};

// Error: invalid_file, unsupported (image to video, patches that are not square, other norms of heads).
WanConfig wan_config(const ModelSource& source);

}  // namespace diptych::models
