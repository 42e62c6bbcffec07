#include "models/common/projection.h"

#include "engine/ops/norm.h"

namespace diptych::models {

Projection::Projection(WeightLoader& weights, const ProjectionNames& names, int64_t in, int64_t head_count,
                       int64_t head_dim)
    : heads(head_count), asks(!names.q.empty()) {
  const int64_t width = heads * head_dim;
  std::vector<WeightLoader::Part> parts{{names.k, width}, {names.v, width}};
  if (asks) parts.insert(parts.begin(), {names.q, width});
  qkv = weights.linear(parts, in);
  if (asks && !names.norm_q.empty()) norm_q = weights.vector(names.norm_q + ".weight", head_dim);
  if (!names.norm_k.empty()) norm_k = weights.vector(names.norm_k + ".weight", head_dim);
}

AttentionStream Projection::forward(Context& ctx, const Tensor& x, const RopeAngles* angles) const {
  const Tensor projected = linear(ctx, x, qkv);  // [tokens, 2 or 3 * width]
  const int64_t width = projected.dim(1) / (asks ? 3 : 2);
  const auto part = [&](int64_t index) {  // [tokens, heads, head_dim]
    return projected.slice(1, index * width, (index + 1) * width).split_last(heads);
  };
  const auto placed = [&](Tensor h, const Tensor& norm) {
    if (norm) h = rms_norm(ctx, h, norm, norm_eps);
    return angles == nullptr ? h : rope(ctx, h, *angles);
  };
  AttentionStream stream;
  if (asks) stream.q = placed(part(0), norm_q);
  stream.k = placed(part(asks ? 1 : 0), norm_k);
  stream.v = part(asks ? 2 : 1);
  return stream;
}

}  // namespace diptych::models
