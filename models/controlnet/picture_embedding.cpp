#include "models/controlnet/picture_embedding.h"

#include <string>

#include "engine/ops/activation.h"
#include "engine/ops/image_layout.h"

namespace diptych::models {

PictureEmbedding::PictureEmbedding(WeightLoader& weights, const HfConfig& config, int64_t channels)
    : picture_channels(config.extent("conditioning_channels", 3)) {
  std::vector<int64_t> widths = config.extents("conditioning_embedding_out_channels");
  if (widths.empty()) widths = {16, 32, 96, 256};
  if (widths.size() > 16)
    config.fail("conditioning_embedding_out_channels", "has more levels than any picture can have");
  const std::string name = "controlnet_cond_embedding.";
  layers.push_back(weights.conv2d(name + "conv_in", {.in_channels = picture_channels, .out_channels = widths.front()}));
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::string same = name + "blocks." + std::to_string(2 * i),
                      halved = name + "blocks." + std::to_string(2 * i + 1);
    layers.push_back(weights.conv2d(same, {.in_channels = widths[i], .out_channels = widths[i]}));
    layers.push_back(weights.conv2d(halved, {.in_channels = widths[i], .out_channels = widths[i + 1], .stride = 2}));
    scale *= 2;
  }
  layers.push_back(weights.conv2d(name + "conv_out", {.in_channels = widths.back(), .out_channels = channels}));
}

Tensor PictureEmbedding::forward(Context& ctx, const Tensor& picture) const {
  Tensor x = channels_last(ctx, picture);  // [rows, height, width, picture_channels]
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i > 0) x = activate(ctx, x, Activation::silu);
    x = conv2d(ctx, x, layers[i]);  // [rows, height / 1 … scale, width / 1 … scale, width of the level]
  }
  return x;
}

}  // namespace diptych::models
