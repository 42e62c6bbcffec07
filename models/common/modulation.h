// Scales, shifts and gates that a condition gives to every token of its image (Peebles & Xie 2023, "adaLN-Zero").
#pragma once

#include <string>

#include "engine/model/weight_loader.h"
#include "engine/ops/linear.h"
#include "engine/ops/modulate.h"

namespace diptych::models {

struct Modulation {
  Tensor values;      // [rows, parts * width]
  int64_t width = 0;  // of a part

  Tensor operator[](int64_t part) const { return values.slice(1, part * width, (part + 1) * width); }  // [rows, width]
};

// condition [rows, width], behind its SiLU -> as many parts as the layer gives
inline Modulation modulation(Context& ctx, const Tensor& condition, const Linear& layer, int64_t width) {
  return {linear(ctx, condition, layer), width};
}

// The layer of diffusers' AdaLayerNormContinuous: scale, then shift. Original checkpoints have them the other way
// round, which renaming presents as two layers, "<name>.shift" and "<name>.scale".
inline Linear continuous_norm_layer(WeightLoader& weights, const std::string& name, int64_t width) {
  if (weights.contains(name + ".weight")) return weights.linear({{name, 2 * width}}, width);
  weights.also_named(name, {name + ".scale", name + ".shift"});
  return weights.linear({{name + ".scale", width}, {name + ".shift", width}}, width);
}

// diffusers' AdaLayerNormContinuous: the scale stands in front of the shift.
inline Tensor continuous_norm(Context& ctx, const Tensor& x, const Tensor& condition, const Linear& layer, float eps) {
  const Modulation m = modulation(ctx, condition, layer, x.dim(1));
  return layer_norm_modulate(ctx, x, m[0], m[1], eps);
}

}  // namespace diptych::models
