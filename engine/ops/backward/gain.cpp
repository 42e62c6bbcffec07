#include "engine/ops/backward/gain.h"

#include "engine/ops/backward/products.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// (y - offset - up ranks) / gain
Tensor before_gain(Context& ctx, const BlockAdapter& adapter, const Tensor& y, const Tensor& ranks) {
  const GradientKernels& gradients = gradient_kernels(ctx);
  const int64_t tokens = y.dim(0), rows = y.dim(1);
  Tensor before = zeros(ctx, {tokens, rows});
  if (adapter.up) {
    kernel_table(ctx).add_product(ctx.pool(), adapter.up, ranks, before, 0);
    kernel_table(ctx).scale_offset(ctx.pool(), before, -1.0f, 0.0f, before);
  }
  gradients.add_scaled(ctx.pool(), y, 1.0f, before);
  Tensor factor = ctx.output({rows}, DType::f32, Owner::workspace);
  Tensor term = ctx.output({rows}, DType::f32, Owner::workspace);
  for (int64_t row = 0; row < rows && !ctx.is_meta(); ++row) {
    const float gain = adapter.gain.data<float>()[row];
    factor.data<float>()[row] = gain == 0 ? 0 : 1 / gain;
    term.data<float>()[row] = -factor.data<float>()[row] * adapter.offset.data<float>()[row];
  }
  kernel_table(ctx).scale_columns(ctx.pool(), factor, term, before, 0);
  return before;
}

}  // namespace

bool is_gain_trained(const Tape& tape, const BlockAdapter& adapter) {
  return adapter.gain && tape.tracks(adapter.gain);
}

void take_back_gain(Context& ctx, Tape& tape, const BlockAdapter& adapter, const Tensor& y, const Tensor& ranks,
                    Tensor dy) {
  if (!adapter.gain) return;
  if (Tensor dgain = tape.add_to(ctx, adapter.gain)) {
    const auto elements = static_cast<double>(dy.elements());
    ctx.declare("gain_backward", {.flops = 6 * elements, .read_bytes = 16 * elements, .written_bytes = 8 * elements});
    gradient_kernels(ctx).add_product_sums(ctx.pool(), dy, before_gain(ctx, adapter, y, ranks), dgain);
  }
  if (Tensor doffset = tape.add_to(ctx, adapter.offset)) {
    gradient_kernels(ctx).add_column_sums(ctx.pool(), dy, doffset);
  }
  const Tensor nothing = zeros(ctx, adapter.gain.shape());
  kernel_table(ctx).scale_columns(ctx.pool(), adapter.gain, nothing, dy, 0);
}

}  // namespace diptych
