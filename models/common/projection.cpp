#include "models/common/projection.h"

#include "engine/ops/norm.h"

namespace diptych::models {

Tensor placed_heads(Context& ctx, const Tensor& x, const HeadForm& form, const Tensor& norm, const RopeAngles* angles) {
  Tensor h = x.split_last(form.heads);  // [tokens, heads, head_dim]
  if (norm) {
    const int64_t parts = form.width() / norm.elements();
    h = rms_norm(ctx, x.split_last(parts), norm, form.norm_eps).reshape(h.shape());
  }
  return angles == nullptr ? h : rope(ctx, h, *angles);
}

Projection::Projection(WeightLoader& weights, const ProjectionNames& names, int64_t in, const HeadForm& heads)
    : form(heads), asks(!names.q.empty()) {
  const int64_t width = form.width();
  std::vector<WeightLoader::Part> parts{{names.k, width}, {names.v, width}};
  if (asks) parts.insert(parts.begin(), {names.q, width});
  qkv = weights.linear(parts, in);
  if (form.norm_width == 0) return;
  if (asks) norm_q = weights.vector(names.norm_q + ".weight", form.norm_width);
  norm_k = weights.vector(names.norm_k + ".weight", form.norm_width);
}

AttentionStream Projection::forward(Context& ctx, const Tensor& x, const RopeAngles* angles) const {
  const Tensor projected = linear(ctx, x, qkv);  // [tokens, 2 or 3 * width]
  const int64_t width = form.width();
  const auto part = [&](int64_t index) { return projected.slice(1, index * width, (index + 1) * width); };
  AttentionStream stream;
  if (asks) stream.q = placed_heads(ctx, part(0), form, norm_q, angles);
  stream.k = placed_heads(ctx, part(asks ? 1 : 0), form, norm_k, angles);
  stream.v = part(asks ? 2 : 1).split_last(form.heads);
  return stream;
}

}  // namespace diptych::models
