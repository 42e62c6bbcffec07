#include "engine/ops/activation.h"

#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor gated_activation(Context& ctx, const Tensor& gate_up, GateActivation activation) {
  assert(gate_up.shape().rank() == 2 && gate_up.dim(1) % 2 == 0 && gate_up.dtype() == DType::f32 &&
         gate_up.contiguous());
  const Shape shape{gate_up.dim(0), gate_up.dim(1) / 2};
  const auto elements = static_cast<double>(shape.elements());
  constexpr double flops_each = 10;  // an exponential, a division and two products, counted as the hardware sees them
  ctx.declare("gated_activation",
              {.flops = flops_each * elements, .read_bytes = 8 * elements, .written_bytes = 4 * elements});
  Tensor y = ctx.output(shape);
  kernel_table(ctx).gated_activation(ctx.pool(), gate_up, activation, y);
  return y;
}

}  // namespace diptych
