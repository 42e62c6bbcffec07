// Sizes of an AutoencoderKL, from diffusers' config.json.
#pragma once

#include <vector>

#include "engine/model/model_source.h"

namespace diptych::models {

struct VaeConfig {
  int64_t in_channels = 3, out_channels = 3, latent_channels = 4;
  std::vector<int64_t> block_channels;  // of each level, from the image's size down
  int64_t layers_per_block = 1;
  int64_t norm_groups = 32;
  bool quant_conv = true, post_quant_conv = true;
  bool mid_attention = true;
  float scaling_factor = 0.18215f, shift_factor = 0;

  int64_t scale() const { return int64_t{1} << (block_channels.size() - 1); }  // pixels of a side per latent
};

// Error: invalid_file, unsupported (block types and options that are not computed).
VaeConfig vae_config(const ModelSource& source);

}  // namespace diptych::models
