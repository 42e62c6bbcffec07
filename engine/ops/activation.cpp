#include "engine/ops/activation.h"

#include "engine/ops/backward/record.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

constexpr double flops_each = 10;  // an exponential, a division and two products, counted as the hardware sees them

Tensor gated(Context& ctx, const Tensor& x, Activation activation, bool gate_first) {
  assert(x.shape().rank() == 2 && x.dim(1) % 2 == 0 && x.dtype() == DType::f32 && x.contiguous());
  const Shape shape{x.dim(0), x.dim(1) / 2};
  const auto elements = static_cast<double>(shape.elements());
  const bool recorded = ctx.declare_differentiable(
      "gated_activation", {.flops = flops_each * elements, .read_bytes = 8 * elements, .written_bytes = 4 * elements},
      {&x});
  Tensor y = ctx.output(shape);
  kernel_table(ctx).gated_activation(ctx.pool(), x, activation, gate_first, y);
  if (recorded) record_gated_activation(ctx, x, activation, gate_first, y);
  return y;
}

}  // namespace

Tensor activate(Context& ctx, const Tensor& x, Activation activation) {
  assert(x.dtype() == DType::f32 && x.contiguous());
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable(
      "activate", {.flops = flops_each * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements}, {&x});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).activate(ctx.pool(), x, activation, y);
  if (recorded) record_activate(ctx, x, activation, y);
  return y;
}

Tensor gated_activation(Context& ctx, const Tensor& gate_up, Activation activation) {
  return gated(ctx, gate_up, activation, true);
}

Tensor gated_activation_behind(Context& ctx, const Tensor& up_gate, Activation activation) {
  return gated(ctx, up_gate, activation, false);
}

}  // namespace diptych
