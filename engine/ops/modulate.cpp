#include "engine/ops/modulate.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

[[maybe_unused]] bool fits(const Tensor& x, const Tensor& condition) {
  return condition.shape().rank() == 2 && condition.dtype() == DType::f32 && condition.stride(1) == 1 &&
         condition.dim(1) == x.dim(1) && condition.dim(0) > 0 && x.dim(0) % condition.dim(0) == 0;
}

}  // namespace

Tensor layer_norm_modulate(Context& ctx, const Tensor& x, const Tensor& scale, const Tensor& shift, float eps) {
  assert(x.shape().rank() == 2 && x.dtype() == DType::f32 && x.contiguous());
  assert(fits(x, scale) && fits(x, shift) && scale.dim(0) == shift.dim(0));
  const auto elements = static_cast<double>(x.elements());
  const bool recorded =
      ctx.declare_differentiable("layer_norm_modulate",
                                 {.flops = 10 * elements,
                                  .read_bytes = 4 * elements + 8 * static_cast<double>(scale.elements()),
                                  .written_bytes = 4 * elements},
                                 {&x, &scale, &shift});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).layer_norm_modulate(ctx.pool(), x, scale, shift, eps, y);
  if (recorded) record_layer_norm_modulate(ctx, x, scale, shift, eps, y);
  return y;
}

Tensor gated_add(Context& ctx, const Tensor& x, const Tensor& gate, const Tensor& y) {
  assert(x.shape().rank() == 2 && x.shape() == y.shape() && x.dtype() == DType::f32 && y.dtype() == DType::f32 &&
         x.contiguous() && y.contiguous() && fits(x, gate));
  const auto elements = static_cast<double>(x.elements());
  const bool recorded =
      ctx.declare_differentiable("gated_add",
                                 {.flops = 2 * elements,
                                  .read_bytes = 8 * elements + 4 * static_cast<double>(gate.elements()),
                                  .written_bytes = 4 * elements},
                                 {&x, &gate, &y});
  Tensor sum = ctx.output(x.shape());
  kernel_table(ctx).gated_add(ctx.pool(), x, gate, y, sum);
  if (recorded) record_gated_add(ctx, x, gate, y, sum);
  return sum;
}

}  // namespace diptych
