// Attention of an image to itself, and to a text: projections, attention, output (diffusers' Attention).
#pragma once

#include "models/common/projection.h"

namespace diptych::models {

struct SelfAttention {
  SelfAttention() = default;
  SelfAttention(WeightLoader& weights, const std::string& name, int64_t heads, int64_t head_dim);

  Tensor forward(Context& ctx, const Tensor& x, int64_t rows) const;  // [rows * tokens, width] -> the same

  Projection projection;
  Linear output;  // [width, width]
};

struct CrossAttention {
  CrossAttention() = default;
  // text_width: of what keys and values are projected from
  CrossAttention(WeightLoader& weights, const std::string& name, int64_t width, int64_t heads, int64_t head_dim,
                 int64_t text_width);

  // x [rows * tokens, width], text [rows * texts, text_width], of which the first lengths[row] count (empty: all)
  Tensor forward(Context& ctx, const Tensor& x, const Tensor& text, int64_t rows,
                 std::span<const int64_t> lengths) const;

  Linear q;  // [heads * head_dim, width]
  Projection projection;
  Linear output;  // [width, heads * head_dim]
};

}  // namespace diptych::models
