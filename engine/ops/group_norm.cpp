#include "engine/ops/group_norm.h"

#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor group_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t groups, float eps,
                  const GroupNormOptions& options) {
  const int64_t rows = x.dim(0), channels = x.dim(-1), pixels = x.elements() / (rows * channels);
  assert(x.dtype() == DType::f32 && x.contiguous() && groups > 0 && channels % groups == 0);
  assert(weight.elements() == channels && bias.elements() == channels);
  assert(!options.shift || (options.shift.contiguous() && options.shift.shape() == (Shape{rows, channels})));
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("group_norm", {.flops = (options.silu ? 17 : 7) * elements,
                             .weight_bytes = static_cast<double>(weight.bytes() + bias.bytes()),
                             .read_bytes = 8 * elements,
                             .written_bytes = 4 * elements});
  const int64_t chunks = (pixels + group_norm_chunk - 1) / group_norm_chunk;
  Tensor y = ctx.output(x.shape());
  Tensor moments = ctx.output({rows, chunks, 2, channels}, DType::f32, Owner::workspace);
  Tensor factors = ctx.output({rows, 2, channels}, DType::f32, Owner::workspace);
  kernel_table(ctx).group_norm(ctx.pool(), x, {weight, bias, groups, eps}, options, moments, factors, y);
  return y;
}

}  // namespace diptych
