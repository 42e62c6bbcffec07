// Sizes of an SD3 transformer, from config.json.
#pragma once

#include <vector>

#include "engine/model/model_source.h"

namespace diptych::models {

struct Sd3Config {
  int64_t layers = 0, heads = 0, head_dim = 0;
  int64_t in_channels = 0, out_channels = 0, patch = 0;
  int64_t sample_size = 0;
  int64_t positions = 0;  // side of the table of positions, in patches
  int64_t text_width = 0, pooled_width = 0;
  bool qk_norm = false;
  std::vector<int64_t> dual_layers;  // SD3.5: whose image attends to itself as well

  int64_t width() const { return heads * head_dim; }
};

// Error: invalid_file, unsupported (a norm of heads that is not known).
Sd3Config sd3_config(const ModelSource& source);

}  // namespace diptych::models
