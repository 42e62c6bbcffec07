#include "engine/ops/backward/products.h"

#include <algorithm>

#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

constexpr int64_t depth_step = 512;  // of a product that is summed in pieces: those of a weight's rows
constexpr int64_t few = 64;          // columns of a low-rank factor

double product_flops(int64_t a, int64_t b, int64_t c) {
  return 2.0 * static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c);
}

Weight empty_weight(Context& ctx, int64_t rows, int64_t cols) {
  Weight weight{"", DType::f32, rows, cols, {}, nullptr};
  weight.packed = ctx.output({kernel_table(ctx).packed_bytes(DType::f32, rows, cols)}, DType::u8, Owner::workspace);
  return weight;
}

// y [m, n] += a^T b for many columns on both sides: as a product with a packed weight.
void add_wide_product(Context& ctx, const Tensor& a, const Tensor& b, Tensor& y) {
  Tensor rows = ctx.output({a.dim(1), a.dim(0)}, DType::f32, Owner::workspace);  // [m, tokens]
  kernel_table(ctx).transpose(ctx.pool(), a, rows);
  Weight columns = empty_weight(ctx, b.dim(1), b.dim(0));  // [n, tokens]
  gradient_kernels(ctx).pack_columns(ctx.pool(), b, columns.packed);
  kernel_table(ctx).add_product(ctx.pool(), columns, rows, y, 0);
}

}  // namespace

Tensor zeros(Context& ctx, const Shape& shape, Owner owner) {
  Tensor x = ctx.output(shape, DType::f32, owner);
  gradient_kernels(ctx).clear(ctx.pool(), x);
  return x;
}

void add_times_weight(Context& ctx, const Tensor& dy, const Weight& weight, Tensor dx) {
  assert(dy.dim(1) == weight.rows && dx.dim(1) == weight.cols && dx.contiguous() && dy.stride(1) == 1);
  ctx.declare("linear_backward", {.flops = product_flops(dy.dim(0), weight.rows, weight.cols),
                                  .weight_bytes = static_cast<double>(weight.bytes()),
                                  .read_bytes = static_cast<double>(dy.bytes() + dx.bytes()),
                                  .written_bytes = static_cast<double>(dx.bytes())});
  const int64_t step = std::min(depth_step, weight.rows);
  Tensor room =
      ctx.output({kernel_table(ctx).packed_bytes(DType::f32, weight.cols, step)}, DType::u8, Owner::workspace);
  if (ctx.is_meta()) return;
  for (int64_t first = 0; first < weight.rows; first += step) {
    const int64_t depth = std::min(step, weight.rows - first);
    Weight part{"", DType::f32, weight.cols, depth, room, nullptr};
    gradient_kernels(ctx).pack_transposed(ctx.pool(), weight, first, depth, part.packed);
    kernel_table(ctx).add_product(ctx.pool(), part, dy.slice(1, first, first + depth), dx, 0);
  }
}

void add_weight_gradient(Context& ctx, const Tensor& dy, const Tensor& x, Tensor dw) {
  assert(dy.dim(0) == x.dim(0) && dw.dim(0) == dy.dim(1) && dw.dim(1) == x.dim(1) && dw.contiguous());
  ctx.declare("weight_gradient", {.flops = product_flops(dy.dim(0), dw.dim(0), dw.dim(1)),
                                  .read_bytes = static_cast<double>(dy.bytes() + x.bytes() + dw.bytes()),
                                  .written_bytes = static_cast<double>(dw.bytes())});
  const GradientKernels& gradients = gradient_kernels(ctx);
  if (dw.dim(0) <= few) {
    gradients.add_outer_products(ctx.pool(), dy, x, dw);
  } else if (dw.dim(1) <= few) {
    Tensor turned = zeros(ctx, {dw.dim(1), dw.dim(0)});
    gradients.add_outer_products(ctx.pool(), x, dy, turned);
    Tensor back = ctx.output(dw.shape(), DType::f32, Owner::workspace);
    kernel_table(ctx).transpose(ctx.pool(), turned, back);
    gradients.add_scaled(ctx.pool(), back, 1.0f, dw);
  } else {
    add_wide_product(ctx, dy, x, dw);
  }
}

}  // namespace diptych
