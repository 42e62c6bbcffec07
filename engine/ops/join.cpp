#include "engine/ops/join.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// Of the axes from `axis` on.
int64_t values_from(const Shape& shape, int axis) {
  int64_t values = 1;
  for (; axis < shape.rank(); ++axis) values *= shape[axis];
  return values;
}

Cost copy_cost(const Shape& shape) {
  const double bytes = 4.0 * static_cast<double>(shape.elements());
  return {.read_bytes = bytes, .written_bytes = bytes};
}

}  // namespace

Tensor concat(Context& ctx, const Tensor& x, const Tensor& y, int axis) {
  assert(x.dtype() == DType::f32 && y.dtype() == DType::f32 && x.contiguous() && y.contiguous());
  assert(x.shape() == y.shape().with(axis, x.dim(axis)));
  if (axis < 0) axis += x.shape().rank();
  const Shape shape = x.shape().with(axis, x.dim(axis) + y.dim(axis));
  const bool recorded = ctx.declare_differentiable("concat", copy_cost(shape), {&x, &y});
  Tensor joined = ctx.output(shape);
  const int64_t first = values_from(x.shape(), axis), second = values_from(y.shape(), axis);
  const KernelTable& table = kernel_table(ctx);
  const int64_t whole = first + second;
  table.copy_blocks(ctx.pool(), x, {.values = first, .source_stride = first, .target_stride = whole}, joined);
  table.copy_blocks(ctx.pool(), y,
                    {.values = second, .source_stride = second, .target_offset = first, .target_stride = whole},
                    joined);
  if (recorded) record_concat(ctx, x, y, axis, joined);
  return joined;
}

void store_band(Context& ctx, const Tensor& x, int64_t first_line, Tensor& held) {
  assert(x.dtype() == DType::f32 && held.dtype() == DType::f32 && x.contiguous() && held.contiguous());
  assert(x.dim(0) == 1 && held.shape().with(1, x.dim(1)) == x.shape());
  ctx.declare("store_band", copy_cost(x.shape()), {&x});
  Tensor lines = held.slice(1, first_line, first_line + x.dim(1));
  kernel_table(ctx).copy_blocks(ctx.pool(), x, {.values = x.elements()}, lines);
}

Tensor contiguous(Context& ctx, const Tensor& x) {
  if (x.contiguous()) return x;
  assert(x.dtype() == DType::f32 && x.shape().rank() >= 2);
  int axis = x.shape().rank() - 1;  // the outermost of the axes that lie one after the other
  assert(x.stride(axis) == 1);
  while (axis > 1 && x.stride(axis - 1) == x.stride(axis) * x.dim(axis)) --axis;
  assert(axis == 1);  // several strided axes: no op makes such a tensor
  const int64_t values = values_from(x.shape(), axis);
  const bool recorded = ctx.declare_differentiable("contiguous", copy_cost(x.shape()), {&x});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).copy_blocks(ctx.pool(), x,
                                {.values = values, .source_stride = x.stride(0), .target_stride = values}, y);
  if (recorded) record_contiguous(ctx, x, y);
  return y;
}

}  // namespace diptych
