#include "engine/ops/elementwise.h"

#include "engine/ops/backward/record.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor add(Context& ctx, const Tensor& x, const Tensor& y) {
  assert(x.shape() == y.shape() && x.dtype() == DType::f32 && y.dtype() == DType::f32 && x.contiguous() &&
         y.contiguous());
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable(
      "add", {.flops = elements, .read_bytes = 8 * elements, .written_bytes = 4 * elements}, {&x, &y});
  Tensor sum = ctx.output(x.shape());
  kernel_table(ctx).add(ctx.pool(), x, y, sum);
  if (recorded) record_add(ctx, x, y, sum);
  return sum;
}

Tensor add_rows(Context& ctx, const Tensor& x, const Tensor& y) {
  assert(x.shape().rank() == 2 && y.shape().rank() == 2 && x.dtype() == DType::f32 && y.dtype() == DType::f32);
  assert(x.contiguous() && y.contiguous() && x.dim(1) == y.dim(1) && y.dim(0) > 0 && x.dim(0) % y.dim(0) == 0);
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable(
      "add_rows",
      {.flops = elements, .read_bytes = 4 * elements + static_cast<double>(y.bytes()), .written_bytes = 4 * elements},
      {&x, &y});
  Tensor sum = ctx.output(x.shape());
  kernel_table(ctx).add_rows(ctx.pool(), x, y, sum);
  if (recorded) record_add_rows(ctx, x, y, sum);
  return sum;
}

Tensor soft_cap(Context& ctx, const Tensor& x, float cap) {
  assert(cap > 0 && x.dtype() == DType::f32 && x.contiguous());
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable(
      "soft_cap", {.flops = 10 * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements}, {&x});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).soft_cap(ctx.pool(), x, cap, y);
  if (recorded) record_soft_cap(ctx, x, cap, y);
  return y;
}

Tensor scale_offset(Context& ctx, const Tensor& x, float scale, float offset) {
  assert(x.dtype() == DType::f32 && x.contiguous());
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable(
      "scale_offset", {.flops = 2 * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements}, {&x});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).scale_offset(ctx.pool(), x, scale, offset, y);
  if (recorded) record_scale_offset(ctx, x, scale, y);
  return y;
}

Tensor clamp(Context& ctx, const Tensor& x, float low, float high) {
  assert(x.dtype() == DType::f32 && x.contiguous() && low <= high);
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("clamp", {.flops = 2 * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements}, {&x});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).clamp(ctx.pool(), x, low, high, y);
  return y;
}

Tensor transpose(Context& ctx, const Tensor& x) {
  assert(x.shape().rank() == 2 && x.dtype() == DType::f32 && x.contiguous());
  const auto bytes = static_cast<double>(x.bytes());
  const bool recorded = ctx.declare_differentiable("transpose", {.read_bytes = bytes, .written_bytes = bytes}, {&x});
  Tensor y = ctx.output({x.dim(1), x.dim(0)});
  kernel_table(ctx).transpose(ctx.pool(), x, y);
  if (recorded) record_transpose(ctx, x, y);
  return y;
}

Tensor gather_rows(Context& ctx, const Tensor& x, std::span<const int32_t> rows) {
  assert(x.shape().rank() == 2 && x.dtype() == DType::f32 && x.contiguous());
  const Shape shape{static_cast<int64_t>(rows.size()), x.dim(1)};
  const auto bytes = 4.0 * static_cast<double>(shape.elements());
  const bool recorded = ctx.declare_differentiable("gather_rows", {.read_bytes = bytes, .written_bytes = bytes}, {&x});
  Tensor y = ctx.output(shape);
  kernel_table(ctx).copy_rows(ctx.pool(), x, rows, y);
  if (recorded) record_gather_rows(ctx, x, rows, y);
  return y;
}

}  // namespace diptych
