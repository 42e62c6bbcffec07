// Sizes of a Z-Image transformer, from config.json.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "engine/model/model_source.h"

namespace diptych::models {

struct ZImageConfig {
  int64_t layers = 0, refiners = 0, heads = 0, width = 0;
  int64_t channels = 0, patch = 0, patch_frames = 0;
  int64_t text_width = 0;
  float norm_eps = 1e-5f;
  bool qk_norm = true;
  float time_scale = 1000;
  double rope_theta = 256;
  std::vector<int64_t> rope_dims;  // of a head: text and frames, lines, columns

  int64_t head_dim() const { return width / heads; }
  int64_t inner() const { return static_cast<int64_t>(static_cast<double>(width) / 3 * 8); }
  int64_t condition_width() const { return std::min<int64_t>(width, 256); }
  std::string patch_name() const { return std::to_string(patch) + "-" + std::to_string(patch_frames); }
};

// Error: invalid_file, unsupported (a second image encoder).
ZImageConfig z_image_config(const ModelSource& source);

}  // namespace diptych::models
