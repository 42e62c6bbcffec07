// Queries, keys and values of one stream of an attention: projected, heads normed, turned by their positions.
#pragma once

#include <string>

#include "engine/model/weight_loader.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/rope.h"

namespace diptych::models {

// Names without ".weight"; an empty q: the stream gives keys and values only; empty norms: heads are not normed.
struct ProjectionNames {
  std::string q, k, v, norm_q, norm_k;
};

struct Projection {
  Projection() = default;
  Projection(WeightLoader& weights, const ProjectionNames& names, int64_t in, int64_t heads, int64_t head_dim);

  // x [rows * tokens, in]; angles of the tokens of one row, or null
  AttentionStream forward(Context& ctx, const Tensor& x, const RopeAngles* angles = nullptr) const;

  static constexpr float norm_eps = 1e-6f;  // diffusers' attention of all image transformers

  int64_t heads = 0;
  bool asks = true;
  Linear qkv;             // [3 heads * head_dim, in], or without q [2 heads * head_dim, in]
  Tensor norm_q, norm_k;  // [head_dim], or empty
};

}  // namespace diptych::models
