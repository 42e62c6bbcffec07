#include "engine/ops/plain_product.h"

#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

int64_t rows_of(std::span<const RowBlock> blocks) {
  int64_t rows = 0;
  for (const RowBlock& block : blocks) rows += block.weight.rows;
  return rows;
}

int64_t combined_values(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks) {
  if (ctx.samples == 0 || x.dim(0) % ctx.samples != 0) return 0;
  return kernel_table(ctx).combined_values(blocks, ctx.samples, x.dim(0) / ctx.samples);
}

}  // namespace

double plain_product_flops(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks) {
  const double all = 2.0 * static_cast<double>(x.elements()) * static_cast<double>(rows_of(blocks));
  return combined_values(ctx, x, blocks) > 0 ? all * 7 / 8 : all;
}

void plain_product(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks, Tensor& y, int64_t first_column) {
  const KernelTable& table = kernel_table(ctx);
  if (const int64_t values = combined_values(ctx, x, blocks); values > 0) {
    Tensor combined = ctx.output({values}, DType::f32, Owner::workspace);
    return table.multiply_halves(ctx.pool(), blocks, x, ctx.samples, combined, y, first_column);
  }
  const int64_t groups = table.regrouped_groups(x.dim(0), rows_of(blocks), x.dim(1));
  if (groups == 0) return table.matmul(ctx.pool(), blocks, x, true, y, first_column);
  Tensor grouped = ctx.output({groups, x.dim(0), 64}, DType::f32, Owner::workspace);
  table.regroup(ctx.pool(), x, grouped);
  table.matmul(ctx.pool(), blocks, grouped, true, y, first_column);
}

}  // namespace diptych
