// Two linear layers with an activation between: how image models read embedded times, sizes and pooled texts.
#pragma once

#include <string>

#include "engine/model/weight_loader.h"
#include "engine/ops/activation.h"

namespace diptych::models {

struct Embedder {
  Embedder() = default;
  // diffusers' TimestepEmbedding and PixArtAlphaTextProjection: name.linear_1, name.linear_2.
  Embedder(WeightLoader& weights, const std::string& name, int64_t in, int64_t width,
           Activation between = Activation::silu);

  Tensor forward(Context& ctx, const Tensor& x) const;  // [rows, in] -> [rows, width]

  Linear linear_1;  // [width, in]
  Linear linear_2;  // [width, width]
  Activation activation = Activation::silu;
};

}  // namespace diptych::models
