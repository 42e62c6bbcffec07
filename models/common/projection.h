// Queries, keys and values of one stream of an attention: projected, normed, turned by their positions.
#pragma once

#include <string>

#include "engine/model/weight_loader.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/rope.h"

namespace diptych::models {

// Names without ".weight"; an empty q: the stream gives keys and values only.
struct ProjectionNames {
  std::string q, k, v, norm_q, norm_k;
};

struct HeadForm {
  int64_t heads = 0, head_dim = 0;
  int64_t norm_width = 0;  // queries and keys are normed: head_dim, every head; heads * head_dim, all of them; 0: not
  float norm_eps = 1e-6f;

  int64_t width() const { return heads * head_dim; }
};

// x [tokens, heads * head_dim], rows may be strided -> [tokens, heads, head_dim], normed where there is a weight,
// turned where there are angles.
Tensor placed_heads(Context& ctx, const Tensor& x, const HeadForm& form, const Tensor& norm,
                    const RopeAngles* angles = nullptr);

struct Projection {
  Projection() = default;
  Projection(WeightLoader& weights, const ProjectionNames& names, int64_t in, const HeadForm& form);

  // x [rows * tokens, in]; angles of the tokens of one row, or null
  AttentionStream forward(Context& ctx, const Tensor& x, const RopeAngles* angles = nullptr) const;

  HeadForm form;
  bool asks = true;
  Linear qkv;             // [3 width, in], or without q [2 width, in]
  Tensor norm_q, norm_k;  // [norm_width], or empty
};

}  // namespace diptych::models
