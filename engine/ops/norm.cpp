#include "engine/ops/norm.h"

#include "engine/ops/backward/record.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor rms_norm(Context& ctx, const Tensor& x, const Tensor& weight, float eps) {
  assert(x.dtype() == DType::f32 && x.stride(-1) == 1 && weight.elements() == x.dim(-1));
  assert(x.contiguous() || x.shape().rank() == 3);  // heads of a strided row: the qk norms
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable("rms_norm",
                                                   {.flops = 4 * elements,
                                                    .weight_bytes = static_cast<double>(weight.bytes()),
                                                    .read_bytes = 4 * elements,
                                                    .written_bytes = 4 * elements},
                                                   {&x, &weight});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).rms_norm(ctx.pool(), x, weight, eps, y);
  if (recorded) record_rms_norm(ctx, x, weight, eps, y);
  return y;
}

std::pair<Tensor, Tensor> add_rms_norm(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& weight,
                                       float eps) {
  assert(x.dtype() == DType::f32 && x.contiguous() && y.contiguous() && x.shape() == y.shape() &&
         weight.elements() == x.dim(-1));
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable("add_rms_norm",
                                                   {.flops = 5 * elements,
                                                    .weight_bytes = static_cast<double>(weight.bytes()),
                                                    .read_bytes = 8 * elements,
                                                    .written_bytes = 8 * elements},
                                                   {&x, &y, &weight});
  Tensor sum = ctx.output(x.shape());
  Tensor normed = ctx.output(x.shape());
  kernel_table(ctx).add_rms_norm(ctx.pool(), x, y, weight, eps, sum, normed);
  if (recorded) record_add_rms_norm(ctx, x, y, weight, eps, sum, normed);
  return {sum, normed};
}

Tensor layer_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, float eps) {
  assert(x.dtype() == DType::f32 && x.contiguous());
  assert((!weight || weight.elements() == x.dim(-1)) && (!bias || bias.elements() == x.dim(-1)));
  const auto elements = static_cast<double>(x.elements());
  const int64_t parameter_bytes = (weight ? weight.bytes() : 0) + (bias ? bias.bytes() : 0);
  const bool recorded = ctx.declare_differentiable("layer_norm",
                                                   {.flops = 8 * elements,
                                                    .weight_bytes = static_cast<double>(parameter_bytes),
                                                    .read_bytes = 4 * elements,
                                                    .written_bytes = 4 * elements},
                                                   {&x, &weight, &bias});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).layer_norm(ctx.pool(), x, weight, bias, eps, y);
  if (recorded) record_layer_norm(ctx, x, weight, bias, eps, y);
  return y;
}

}  // namespace diptych
