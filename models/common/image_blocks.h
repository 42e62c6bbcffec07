// The blocks that UNets and autoencoders are made of, after diffusers' ResnetBlock2D, Downsample2D and Upsample2D.
// Images have their channels innermost: [rows, height, width, channels].
#pragma once

#include <string>

#include "engine/model/weight_loader.h"
#include "engine/ops/conv.h"

namespace diptych::models {

// Group norm with its weights; reads like a function.
struct GroupNorm {
  GroupNorm(WeightLoader& weights, const std::string& name, int64_t channels, int64_t norm_groups, float norm_eps);

  Tensor operator()(Context& ctx, const Tensor& x) const;
  // Followed by silu; `shift` [rows, channels] or empty is added to x first.
  Tensor silu(Context& ctx, const Tensor& x, const Tensor& shift = {}) const;

  Tensor weight, bias;  // [channels]
  int64_t groups;
  float eps;
};

struct ResnetSizes {
  int64_t in_channels = 0, out_channels = 0;
  int64_t time_width = 0;  // of the embedding of time; 0: none
  int64_t groups = 32;
  float eps = 1e-6f;
};

// Two convolutions around a residual (He et al. 2016; Ho et al. 2020).
struct ResnetBlock {
  ResnetBlock(WeightLoader& weights, const std::string& name, const ResnetSizes& sizes);

  // x [rows, height, width, in_channels], time [rows, time_width] behind its silu, or empty
  Tensor forward(Context& ctx, const Tensor& x, const Tensor& time = {}) const;

  GroupNorm norm1, norm2;
  Conv2d conv1, conv2;
  Linear time_projection;  // [out_channels, time_width], or none
  Linear shortcut;         // [out_channels, in_channels] where they differ, or none

 private:
  Tensor compute(Context& ctx, const Tensor& x, const Tensor& time) const;
};

// Half the sides. `padding` as diffusers' downsample_padding: on all sides, or with 0 one line below and to the right.
Conv2d downsampler(WeightLoader& weights, const std::string& name, int64_t channels, int64_t padding);
Conv2d conv3x3(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels);

// Images [rows, …, channels] as tokens [pixels, channels], and tokens as images like `x`.
Tensor as_tokens(const Tensor& x);
Tensor as_image(const Tensor& tokens, const Tensor& x);

}  // namespace diptych::models
