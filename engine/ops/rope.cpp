#include "engine/ops/rope.h"

#include "engine/ops/backward/record.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

RopeAngles rope_angles(Context& ctx, std::span<const int32_t> positions, const Rope& rope) {
  assert(rope.rotary_dim() > 0);
  const Shape shape{static_cast<int64_t>(positions.size()), rope.rotary_dim() / 2};
  const auto elements = static_cast<double>(shape.elements());
  ctx.declare("rope_angles", {.flops = elements, .written_bytes = 8 * elements});
  RopeAngles angles{.cos = ctx.output(shape), .sin = ctx.output(shape), .style = rope.style};
  kernel_table(ctx).rope_angles(ctx.pool(), positions, rope, angles);
  return angles;
}

RopeAngles axial_rope_angles(Context& ctx, std::span<const float> positions, const AxialRope& rope) {
  const auto axes = static_cast<int64_t>(rope.dims.size()), count = static_cast<int64_t>(positions.size());
  assert(axes > 0 && rope.rotary_dim() > 0 && count % axes == 0);
  const Shape shape{count / axes, rope.rotary_dim() / 2};
  const auto elements = static_cast<double>(shape.elements());
  ctx.declare("axial_rope_angles", {.flops = elements, .written_bytes = 8 * elements});
  RopeAngles angles{.cos = ctx.output(shape), .sin = ctx.output(shape), .style = rope.style};
  kernel_table(ctx).axial_rope_angles(ctx.pool(), positions, rope, angles);
  return angles;
}

Tensor rope(Context& ctx, const Tensor& x, const RopeAngles& angles) {
  assert(x.shape().rank() == 3 && x.dtype() == DType::f32 && x.stride(2) == 1 && x.stride(1) == x.dim(2));
  assert(angles.cos.dim(0) > 0 && x.dim(0) % angles.cos.dim(0) == 0 && 2 * angles.cos.dim(1) <= x.dim(2));
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable(
      "rope", {.flops = 3 * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements}, {&x});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).rope(ctx.pool(), x, angles, y);
  if (recorded) record_rope(ctx, x, angles, y);
  return y;
}

}  // namespace diptych
