// The blocks of DC-AE (Chen et al. 2024), after diffusers' autoencoder_dc. Images have their channels innermost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/common/image_blocks.h"
#include "models/vae/dc_config.h"

namespace diptych::models {

// Root mean square norm over the channels, with an offset.
struct DcNorm {
  DcNorm(WeightLoader& weights, const std::string& name, int64_t channels);
  Tensor operator()(Context& ctx, const Tensor& x) const;

  Tensor weight, bias;  // [channels], [1, channels]
};

// Two convolutions around a residual.
struct DcResBlock {
  DcResBlock(WeightLoader& weights, const std::string& name, const DcLevel& level);
  Tensor forward(Context& ctx, const Tensor& x) const;  // [rows, height, width, channels]

  Activation activation;
  Conv2d conv1, conv2;
  DcNorm norm;
};

// EfficientViT's block (Cai et al. 2023): linear attention whose further heads read queries, keys and values through
// larger kernels, and a feed-forward layer that looks at neighbouring pixels; each around a residual.
struct DcAttentionBlock {
  DcAttentionBlock(WeightLoader& weights, const std::string& name, const DcLevel& level, int64_t head_dim);
  Tensor forward(Context& ctx, const Tensor& x) const;  // [rows, height, width, channels]

 private:
  Tensor attend(Context& ctx, const Tensor& x) const;
  Tensor feed_forward(Context& ctx, const Tensor& x) const;

  struct Scale {
    Conv2d each;    // of each of 3 * inner channels
    Linear groups;  // of each head_dim of them
  };
  int64_t head_dim_, inner_;
  Linear qkv_;  // [3 inner, channels]
  std::vector<Scale> scales_;
  Linear output_;  // [channels, inner * (1 + scales)]
  DcNorm attention_norm_;
  Linear inverted_;  // [8 channels, channels]
  Conv2d depth_;     // 3 x 3 of each of 8 channels
  Linear point_;     // [channels, 4 channels]
  DcNorm norm_;
};

// Half the sides. `shortcut`: to which the means of groups of the unshuffled pixels are added.
struct DcDown {
  DcDown(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels, bool shuffles,
         bool shortcut);
  Tensor forward(Context& ctx, const Tensor& x) const;

  bool shuffles;
  int64_t group;  // 0: no shortcut
  Conv2d conv;
};

// Twice the sides. `shortcut`: to which the shuffled, repeated channels are added.
struct DcUp {
  DcUp(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels, bool shuffles,
       bool shortcut);
  Tensor forward(Context& ctx, const Tensor& x) const;

  bool shuffles;
  int64_t repeats;  // 0: no shortcut
  Conv2d conv;
};

// One level's blocks.
struct DcStage {
  // Their names are `name` + "." + a number, from `first` on.
  DcStage(WeightLoader& weights, const std::string& name, int64_t first, const DcLevel& level, int64_t head_dim);
  Tensor forward(Context& ctx, Tensor x) const;

  std::vector<DcResBlock> convolutions;  // one of the two is empty
  std::vector<DcAttentionBlock> attentions;
};

}  // namespace diptych::models
