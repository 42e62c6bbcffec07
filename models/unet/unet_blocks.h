// Levels of a UNet, after diffusers' CrossAttnDownBlock2D, CrossAttnUpBlock2D, their plain forms, and
// UNetMidBlock2DCrossAttn. Images have their channels innermost.
#pragma once

#include <optional>
#include <vector>

#include "models/unet/unet_config.h"
#include "models/unet/unet_transformer.h"

namespace diptych::models {

struct UnetConditioning {
  Tensor time;  // [rows, time_width], behind its silu
  UnetText text;
};

struct UnetDown {
  UnetDown(WeightLoader& weights, const UnetConfig& c, size_t level);
  // The result; what the way up needs is added to `skips`. `residual` (models/unet/unet_control.h) is added behind the
  // last transformer or, in a level without any, at the level's end.
  Tensor forward(Context& ctx, Tensor x, const UnetConditioning& condition, std::vector<Tensor>& skips,
                 const Tensor& residual = {}) const;
  // The same without going down: what this level's own way up needs.
  Tensor forward_level(Context& ctx, Tensor x, const UnetConditioning& condition, std::vector<Tensor>& skips,
                       const Tensor& residual = {}) const;

  std::vector<ResnetBlock> resnets;
  std::vector<UnetTransformer> transformers;  // one behind each resnet, or none
  std::optional<Conv2d> down;
};

struct UnetMid {
  UnetMid(WeightLoader& weights, const UnetConfig& c);
  Tensor forward(Context& ctx, const Tensor& x, const UnetConditioning& condition) const;

  ResnetBlock resnet1;
  UnetTransformer transformer;
  ResnetBlock resnet2;
};

struct UnetUp {
  UnetUp(WeightLoader& weights, const UnetConfig& c, size_t level);
  // Takes from the end of `skips` what the way down left; the result is as large as what stays there.
  Tensor forward(Context& ctx, Tensor x, const UnetConditioning& condition, std::vector<Tensor>& skips) const;

  std::vector<ResnetBlock> resnets;
  std::vector<UnetTransformer> transformers;  // one behind each resnet, or none
  std::optional<Conv2d> up;
};

}  // namespace diptych::models
