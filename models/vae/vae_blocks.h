// Encoder and decoder of AutoencoderKL (Rombach et al. 2022; Esser et al. 2021), after diffusers' Encoder and Decoder.
#pragma once

#include <optional>
#include <vector>

#include "models/common/image_blocks.h"
#include "models/vae/vae_config.h"

namespace diptych::models {

// Self-attention over all pixels with one head, around a residual.
struct VaeAttention {
  VaeAttention(WeightLoader& weights, const std::string& name, const VaeConfig& c);
  Tensor forward(Context& ctx, const Tensor& x) const;  // [rows, height, width, channels]

  GroupNorm norm;
  Linear qkv;     // [3 channels, channels]
  Linear output;  // [channels, channels]
};

struct VaeMidBlock {
  VaeMidBlock(WeightLoader& weights, const std::string& name, const VaeConfig& c);
  Tensor forward(Context& ctx, const Tensor& x) const;

  ResnetBlock resnet1;
  std::optional<VaeAttention> attention;
  ResnetBlock resnet2;
};

struct VaeEncoder {
  VaeEncoder(WeightLoader& weights, const VaeConfig& c);
  Tensor forward(Context& ctx, const Tensor& images) const;  // [rows, h, w, 2 latent_channels]

  struct Level {
    std::vector<ResnetBlock> resnets;
    std::optional<Conv2d> down;
  };
  Conv2d conv_in;
  std::vector<Level> levels;
  VaeMidBlock mid;
  GroupNorm norm_out;
  Conv2d conv_out;
};

struct VaeDecoder {
  VaeDecoder(WeightLoader& weights, const VaeConfig& c);
  Tensor forward(Context& ctx, const Tensor& latents) const;  // [rows, height, width, out_channels]

  struct Level {
    std::vector<ResnetBlock> resnets;
    std::optional<Conv2d> up;  // behind the resnets, of the image twice as large
  };
  Conv2d conv_in;
  VaeMidBlock mid;
  std::vector<Level> levels;
  GroupNorm norm_out;
  Conv2d conv_out;
};

}  // namespace diptych::models
