// A block of Sana: linear attention, cross-attention, and a feed-forward layer that looks at neighbouring pixels
// ("Mix-FFN").
#pragma once

#include <string>

#include "models/common/attention_layers.h"
#include "models/sana/sana_config.h"

namespace diptych::models {

struct SanaGrid {
  int64_t rows = 0, lines = 0, columns = 0;  // of patches
};

struct SanaBlock {
  SanaBlock(WeightLoader& weights, const std::string& name, const SanaConfig& config);

  // x [rows * patches, width], text's tokens [rows * tokens, width], parts [rows, 6 width]
  Tensor forward(Context& ctx, Tensor x, const SanaGrid& grid, const ReadText& text, const Tensor& parts) const;

 private:
  Tensor feed_forward(Context& ctx, const Tensor& x, const SanaGrid& grid) const;

  float norm_eps_;
  Tensor table_;  // [6, width]
  Projection attention_;
  Linear attention_output_;  // [width, width]
  CrossAttention text_attention_;
  Linear inverted_;  // [2 inner, width]
  Conv2d depth_;     // 3 x 3 of each of 2 inner channels
  Linear point_;     // [width, inner]
};

}  // namespace diptych::models
