#include "engine/ops/average_pool.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor average_pool(Context& ctx, const Tensor& x) {
  assert(x.shape().rank() == 4 && x.dtype() == DType::f32 && x.contiguous() && x.elements() > 0);
  const Shape shape{x.dim(0), (x.dim(1) + 1) / 2, (x.dim(2) + 1) / 2, x.dim(3)};
  const bool recorded = ctx.declare_differentiable("average_pool",
                                                   {.flops = 4.0 * static_cast<double>(shape.elements()),
                                                    .read_bytes = static_cast<double>(x.bytes()),
                                                    .written_bytes = 4.0 * static_cast<double>(shape.elements())},
                                                   {&x});
  Tensor y = ctx.output(shape);
  kernel_table(ctx).average_pool(ctx.pool(), x, y);
  if (recorded) record_average_pool(ctx, x, y);
  return y;
}

}  // namespace diptych
