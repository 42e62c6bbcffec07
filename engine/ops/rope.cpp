#include "engine/ops/rope.h"

#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor rope(Context& ctx, const Tensor& x, std::span<const int32_t> positions, const Rope& rope) {
  assert(x.shape().rank() == 3 && x.dtype() == DType::f32 && x.stride(2) == 1 &&
         x.dim(0) == static_cast<int64_t>(positions.size()));
  assert(rope.rotary_dim() <= x.dim(2));
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("rope", {.flops = 3 * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements});
  Tensor y = ctx.output(x.shape());
  kernels(ctx).rope(ctx.pool(), x, angles, y);
  return y;
}

}  // namespace diptych
