// Attention of an image to itself, and to a text: projections, attention, output (diffusers' Attention).
#pragma once

#include "engine/model/text_keys.h"
#include "models/common/projection.h"

namespace diptych::models {

// Names of all projections within `name`: to_q, to_k, to_v, norm_q, norm_k, to_out.0.
struct SelfAttention {
  SelfAttention() = default;
  SelfAttention(WeightLoader& weights, const std::string& name, const HeadForm& form);

  // x [rows * tokens, width] -> the same; angles of the tokens of one row, or null
  Tensor forward(Context& ctx, const Tensor& x, int64_t rows, const RopeAngles* angles = nullptr) const;

  // The same, but in the rows from `first` on each place sees itself alone (PerturbedRows).
  Tensor forward_perturbed(Context& ctx, const Tensor& x, int64_t rows, int64_t first) const;

  Projection projection;
  Linear output;  // [width, width]
};

// What a cross attention reads.
struct ReadText {
  Tensor tokens;                     // [rows * texts, text_width]
  std::span<const int64_t> lengths;  // [rows]: of a row's texts the first so many count; empty: all
  TextKeys* kept = nullptr;          // null: keys and values are made anew
};

struct CrossAttention {
  CrossAttention() = default;
  // width: of the image's tokens; text_width: of what keys and values are projected from
  CrossAttention(WeightLoader& weights, const std::string& name, int64_t width, int64_t text_width,
                 const HeadForm& form);

  // x [rows * tokens, width]
  Tensor forward(Context& ctx, const Tensor& x, const ReadText& text, int64_t rows) const;

  Linear q;       // [heads * head_dim, width]
  Tensor norm_q;  // [norm_width], or empty
  Projection projection;
  Linear output;  // [width, heads * head_dim]
};

}  // namespace diptych::models
