// Sizes of a FLUX.1 transformer, from config.json.
#pragma once

#include <vector>

#include "engine/model/model_source.h"

namespace diptych::models {

struct FluxConfig {
  int64_t layers = 0, single_layers = 0, heads = 0, head_dim = 0;
  int64_t in_channels = 0, out_channels = 0;  // of tokens: 2 x 2 latents
  int64_t text_width = 0, pooled_width = 0;
  bool guided = false;             // the guidance scale is an input: FLUX.1 [dev]
  std::vector<int64_t> rope_dims;  // of a head, by axis

  int64_t width() const { return heads * head_dim; }
};

// Error: invalid_file, unsupported (patches within tokens).
FluxConfig flux_config(const ModelSource& source);

}  // namespace diptych::models
