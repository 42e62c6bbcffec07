#include "engine/ops/plain_product.h"

#include <algorithm>

#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

int64_t rows_of(std::span<const RowBlock> blocks) {
  int64_t rows = 0;
  for (const RowBlock& block : blocks) rows += block.weight.rows;
  return rows;
}

bool by_strassen(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks) {
  const KernelTable& table = kernel_table(ctx);
  if (ctx.samples == 0 || x.dim(0) % ctx.samples != 0) return false;
  return table.pays_strassen(x.dim(0) / ctx.samples, rows_of(blocks), x.dim(1)) &&
         std::ranges::all_of(blocks, [&](const RowBlock& block) {
           return table.takes_strassen(block.weight.dtype, block.weight.rows, block.weight.cols);
         });
}

}  // namespace

double plain_product_flops(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks) {
  const double all = 2.0 * static_cast<double>(x.elements()) * static_cast<double>(rows_of(blocks));
  return by_strassen(ctx, x, blocks) ? all * 7 / 8 : all;
}

void plain_product(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks, Tensor& y, int64_t first_column) {
  const KernelTable& table = kernel_table(ctx);
  const int64_t tokens = x.dim(0), cols = x.dim(1);
  if (by_strassen(ctx, x, blocks)) {
    Tensor combined = ctx.output({7 * (cols / 128), tokens / 2, 64}, DType::f32, Owner::workspace);
    table.combine_halves(ctx.pool(), x, ctx.samples, combined);
    return table.multiply_halves(ctx.pool(), blocks, combined, ctx.samples, y, first_column);
  }
  const int64_t groups = table.regrouped_groups(tokens, rows_of(blocks), cols);
  if (groups == 0) return table.matmul(ctx.pool(), blocks, x, true, y, first_column);
  Tensor grouped = ctx.output({groups, tokens, 64}, DType::f32, Owner::workspace);
  table.regroup(ctx.pool(), x, grouped);
  table.matmul(ctx.pool(), blocks, grouped, true, y, first_column);
}

}  // namespace diptych
