// A layer of CLIP's encoders, of text and of pictures (Radford et al. 2021), after transformers' CLIPEncoderLayer.
#pragma once

#include <string>

#include "engine/model/text_encoder.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"

namespace diptych::models {

struct ClipLayerSizes {
  int64_t hidden = 0, intermediate = 0, heads = 0;
  float norm_eps = 1e-5f;
  Activation activation = Activation::quick_gelu;
};

struct ClipLayer {
  ClipLayer(WeightLoader& weights, const std::string& name, const ClipLayerSizes& layer_sizes);
  // x [rows * columns, hidden] -> the same
  Tensor forward(Context& ctx, const Tensor& x, const TextBatch& rows, const AttentionOptions& attention) const;

  ClipLayerSizes sizes;
  Tensor norm1_weight, norm1_bias;  // [hidden]
  Linear qkv;                       // [3 hidden, hidden]
  Linear output;                    // [hidden, hidden]
  Tensor norm2_weight, norm2_bias;  // [hidden]
  Linear fc1;                       // [intermediate, hidden]
  Linear fc2;                       // [hidden, intermediate]
};

}  // namespace diptych::models
