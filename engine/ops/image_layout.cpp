#include "engine/ops/image_layout.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// Each row's matrix [m, n] as [n, m].
void transpose_rows(Context& ctx, const char* op, const Tensor& x, int64_t m, int64_t n, Tensor& y) {
  assert(x.dtype() == DType::f32 && x.contiguous());
  const auto bytes = static_cast<double>(x.bytes());
  const bool recorded = ctx.declare_differentiable(op, {.read_bytes = bytes, .written_bytes = bytes}, {&x});
  for (int64_t row = 0; row < x.dim(0); ++row) {
    Tensor target = y.slice(0, row, row + 1).reshape({n, m});
    kernel_table(ctx).transpose(ctx.pool(), x.slice(0, row, row + 1).reshape({m, n}), target);
  }
  if (recorded) record_transposed_rows(ctx, x, m, n, y);
}

}  // namespace

Tensor channels_last(Context& ctx, const Tensor& x) {
  assert(x.shape().rank() == 4);
  Tensor y = ctx.output({x.dim(0), x.dim(2), x.dim(3), x.dim(1)});
  transpose_rows(ctx, "channels_last", x, x.dim(1), x.dim(2) * x.dim(3), y);
  return y;
}

Tensor channels_first(Context& ctx, const Tensor& x) {
  assert(x.shape().rank() == 4);
  Tensor y = ctx.output({x.dim(0), x.dim(3), x.dim(1), x.dim(2)});
  transpose_rows(ctx, "channels_first", x, x.dim(1) * x.dim(2), x.dim(3), y);
  return y;
}

}  // namespace diptych
