#include "engine/ops/activation.h"

#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

constexpr double flops_each = 10;  // an exponential, a division and two products, counted as the hardware sees them

}  // namespace

Tensor activate(Context& ctx, const Tensor& x, Activation activation) {
  assert(x.dtype() == DType::f32 && x.contiguous());
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("activate", {.flops = flops_each * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).activate(ctx.pool(), x, activation, y);
  return y;
}

Tensor gated_activation(Context& ctx, const Tensor& gate_up, Activation activation) {
  assert(gate_up.shape().rank() == 2 && gate_up.dim(1) % 2 == 0 && gate_up.dtype() == DType::f32 &&
         gate_up.contiguous());
  const Shape shape{gate_up.dim(0), gate_up.dim(1) / 2};
  const auto elements = static_cast<double>(shape.elements());
  ctx.declare("gated_activation",
              {.flops = flops_each * elements, .read_bytes = 8 * elements, .written_bytes = 4 * elements});
  Tensor y = ctx.output(shape);
  kernel_table(ctx).gated_activation(ctx.pool(), gate_up, activation, y);
  return y;
}

}  // namespace diptych
