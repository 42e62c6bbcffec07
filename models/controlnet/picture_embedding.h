// How a ControlNet sees its picture: convolutions down to the size of the latents, after diffusers'
// ControlNetConditioningEmbedding.
#pragma once

#include <vector>

#include "engine/model/weight_loader.h"
#include "models/common/config_reader.h"

namespace diptych::models {

struct PictureEmbedding {
  // channels: of what it is added to
  PictureEmbedding(WeightLoader& weights, const HfConfig& config, int64_t channels);
  // picture [rows, picture_channels, height, width] -> [rows, height / scale, width / scale, channels]
  Tensor forward(Context& ctx, const Tensor& picture) const;

  int64_t picture_channels, scale = 1;
  std::vector<Conv2d> layers;  // each but the last one followed by a silu
};

}  // namespace diptych::models
