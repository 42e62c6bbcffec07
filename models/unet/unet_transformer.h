// The transformer between a UNet's resnets (Rombach et al. 2022, section 3.3), after diffusers' Transformer2DModel and
// BasicTransformerBlock: pixels attend to each other and to the text.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/model/denoiser.h"
#include "engine/model/text_keys.h"
#include "models/common/image_blocks.h"

namespace diptych::models {

// What a forward is conditioned on, as tokens.
struct UnetText {
  Tensor tokens;  // [rows * columns, text_width]
  int64_t rows = 0, columns = 0;
  std::vector<int64_t> lengths;  // [rows]: tokens that count, from the first; empty: all
  std::span<const ImagePrompt> image_prompts = {};
  const PerturbedRows* perturbed = nullptr;
  TextKeys* kept = nullptr;  // null: keys and values of the text are made anew
};

struct TransformerSizes {
  int64_t channels = 0, heads = 0, layers = 0, text_width = 0, groups = 32;
};

struct LayerNorm {
  LayerNorm(WeightLoader& weights, const std::string& name, int64_t width);
  Tensor operator()(Context& ctx, const Tensor& x) const;

  Tensor weight, bias;  // [width]
};

struct UnetTransformerBlock {
  UnetTransformerBlock(WeightLoader& weights, const std::string& block_name, const TransformerSizes& sizes);
  Tensor forward(Context& ctx, const Tensor& x, const UnetText& text) const;  // x [rows * pixels, channels]

  std::string name;  // in the weights
  size_t place = 0;  // among all blocks of the network that image prompts and perturbed rows count
  int64_t heads;
  LayerNorm norm1;
  Linear qkv;          // [3 channels, channels]
  Linear self_output;  // [channels, channels]
  LayerNorm norm2;
  Linear query;         // [channels, channels]
  Linear text_kv;       // [2 channels, text_width]: the same at every step, as the text is
  Linear cross_output;  // [channels, channels]
  LayerNorm norm3;
  Linear gate_up;  // [8 channels, channels], the gate first
  Linear down;     // [channels, 4 channels]

 private:
  Tensor compute(Context& ctx, const Tensor& x, const UnetText& text) const;
  Tensor self_attention(Context& ctx, const Tensor& states, const UnetText& text) const;
  Tensor cross_attention(Context& ctx, const Tensor& q, const UnetText& text) const;
};

struct UnetTransformer {
  UnetTransformer(WeightLoader& weights, const std::string& name, const TransformerSizes& sizes);
  Tensor forward(Context& ctx, const Tensor& x, const UnetText& text) const;  // x [rows, height, width, channels]

  GroupNorm norm;
  Linear proj_in;  // [channels, channels], stored as a matrix or as a convolution
  std::vector<UnetTransformerBlock> blocks;
  Linear proj_out;
};

}  // namespace diptych::models
