#include "engine/ops/pixel_shuffle.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor pixel_shuffle(Context& ctx, const Tensor& x, int64_t side, int64_t repeats) {
  assert(x.shape().rank() == 4 && x.dtype() == DType::f32 && x.contiguous());
  assert(x.dim(3) * repeats % (side * side) == 0);
  Tensor y = ctx.output({x.dim(0), side * x.dim(1), side * x.dim(2), x.dim(3) * repeats / (side * side)});
  const bool recorded = ctx.declare_differentiable(
      "pixel_shuffle", {.read_bytes = static_cast<double>(x.bytes()), .written_bytes = static_cast<double>(y.bytes())},
      {&x});
  kernel_table(ctx).pixel_shuffle(ctx.pool(), x, side, y);
  if (recorded) record_pixel_shuffle(ctx, x, side, y);
  return y;
}

Tensor pixel_unshuffle(Context& ctx, const Tensor& x, int64_t side, int64_t group) {
  assert(x.shape().rank() == 4 && x.dtype() == DType::f32 && x.contiguous());
  assert(x.dim(1) % side == 0 && x.dim(2) % side == 0 && x.dim(3) * side * side % group == 0);
  Tensor y = ctx.output({x.dim(0), x.dim(1) / side, x.dim(2) / side, x.dim(3) * side * side / group});
  const bool recorded = ctx.declare_differentiable("pixel_unshuffle",
                                                   {.flops = group > 1 ? static_cast<double>(x.elements()) : 0,
                                                    .read_bytes = static_cast<double>(x.bytes()),
                                                    .written_bytes = static_cast<double>(y.bytes())},
                                                   {&x});
  kernel_table(ctx).pixel_unshuffle(ctx.pool(), x, side, y);
  if (recorded) record_pixel_unshuffle(ctx, x, side, y);
  return y;
}

}  // namespace diptych
