// Sizes of a Qwen-Image transformer, from config.json.
#pragma once

#include <vector>

#include "engine/model/model_source.h"

namespace diptych::models {

struct QwenImageConfig {
  int64_t layers = 0, heads = 0, head_dim = 0;
  int64_t in_channels = 0;   // of tokens: patch x patch latents
  int64_t out_channels = 0;  // of latents
  int64_t patch = 0;
  int64_t text_width = 0;
  std::vector<int64_t> rope_dims;  // of a head: frames, lines, columns

  int64_t width() const { return heads * head_dim; }
};

// Error: invalid_file, unsupported (the variants for editing in layers, and with a second time).
QwenImageConfig qwen_image_config(const ModelSource& source);

}  // namespace diptych::models
