#include "models/unet/unet_blocks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "models/unet/unet_control.h"

namespace diptych::models {
namespace {

ResnetSizes unet_resnet(const UnetConfig& c, int64_t in_channels, int64_t out_channels) {
  return {.in_channels = in_channels,
          .out_channels = out_channels,
          .time_width = c.time_width,
          .groups = c.norm_groups,
          .eps = c.norm_eps};
}

TransformerSizes transformer_of(const UnetConfig& c, const UnetLevel& level) {
  return {.channels = level.channels,
          .heads = level.heads,
          .layers = level.transformer_layers,
          .text_width = level.text_width,
          .groups = c.norm_groups};
}

std::string part(const std::string& name, const char* list, int64_t index) {
  return name + list + std::to_string(index);
}

}  // namespace

UnetDown::UnetDown(WeightLoader& weights, const UnetConfig& c, size_t level) {
  const UnetLevel& own = c.levels[level];
  const std::string name = part("", "down_blocks.", static_cast<int64_t>(level));
  int64_t channels = c.levels[level == 0 ? 0 : level - 1].channels;
  for (int64_t i = 0; i < own.layers; ++i) {
    resnets.emplace_back(weights, part(name, ".resnets.", i), unet_resnet(c, channels, own.channels));
    if (own.down_attention) transformers.emplace_back(weights, part(name, ".attentions.", i), transformer_of(c, own));
    channels = own.channels;
  }
  if (level + 1 < c.levels.size()) down = downsampler(weights, name + ".downsamplers.0.conv", channels, 1);
}

Tensor UnetDown::forward_level(Context& ctx, Tensor x, const UnetConditioning& condition, std::vector<Tensor>& skips,
                               const Tensor& residual) const {
  for (size_t i = 0; i < resnets.size(); ++i) {
    x = resnets[i].forward(ctx, x, condition.time);  // [rows, height, width, channels]
    if (!transformers.empty()) x = transformers[i].forward(ctx, x, condition.text);
    if (!transformers.empty() && i + 1 == resnets.size()) x = with_residual(ctx, x, residual);
    skips.push_back(x);
  }
  return x;
}

Tensor UnetDown::forward(Context& ctx, Tensor x, const UnetConditioning& condition, std::vector<Tensor>& skips,
                         const Tensor& residual) const {
  x = forward_level(ctx, std::move(x), condition, skips, residual);
  if (down) {
    x = conv2d(ctx, x, *down);  // [rows, height / 2, width / 2, channels], odd sides rounded up
    skips.push_back(x);
  }
  if (transformers.empty()) {
    x = with_residual(ctx, x, residual);
    skips.back() = x;
  }
  return x;
}

UnetMid::UnetMid(WeightLoader& weights, const UnetConfig& c)
    : resnet1(weights, "mid_block.resnets.0", unet_resnet(c, c.levels.back().channels, c.levels.back().channels)),
      transformer(weights, "mid_block.attentions.0", transformer_of(c, c.levels.back())),
      resnet2(weights, "mid_block.resnets.1", unet_resnet(c, c.levels.back().channels, c.levels.back().channels)) {}

Tensor UnetMid::forward(Context& ctx, const Tensor& x, const UnetConditioning& condition) const {
  Tensor h = resnet1.forward(ctx, x, condition.time);
  h = transformer.forward(ctx, h, condition.text);
  return resnet2.forward(ctx, h, condition.time);
}

UnetUp::UnetUp(WeightLoader& weights, const UnetConfig& c, size_t level) {
  const UnetLevel& own = c.levels[level];
  const std::string name = part("", "up_blocks.", static_cast<int64_t>(c.levels.size() - 1 - level));
  int64_t channels = c.levels[std::min(level + 1, c.levels.size() - 1)].channels;
  const int64_t above = c.levels[level == 0 ? 0 : level - 1].channels;
  for (int64_t i = 0; i <= own.layers; ++i) {
    const int64_t skip = i == own.layers ? above : own.channels;  // the last one comes from the level above
    resnets.emplace_back(weights, part(name, ".resnets.", i), unet_resnet(c, channels + skip, own.channels));
    if (own.up_attention) transformers.emplace_back(weights, part(name, ".attentions.", i), transformer_of(c, own));
    channels = own.channels;
  }
  if (level > 0) up = conv3x3(weights, name + ".upsamplers.0.conv", channels, channels);
}

Tensor UnetUp::forward(Context& ctx, Tensor x, const UnetConditioning& condition, std::vector<Tensor>& skips) const {
  for (size_t i = 0; i < resnets.size(); ++i) {
    x = concat(ctx, x, skips.back(), 3);  // [rows, height, width, channels + skip]
    skips.pop_back();
    x = resnets[i].forward(ctx, x, condition.time);
    if (!transformers.empty()) x = transformers[i].forward(ctx, x, condition.text);
  }
  return up ? conv2d(ctx, x, *up, {skips.back().dim(1), skips.back().dim(2)}) : x;
}

}  // namespace diptych::models
