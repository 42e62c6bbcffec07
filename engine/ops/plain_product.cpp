#include "engine/ops/plain_product.h"

#include "engine/ops/kernel_table.h"

namespace diptych {

void plain_product(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks, Tensor& y, int64_t first_column) {
  const KernelTable& table = kernel_table(ctx);
  int64_t rows = 0;
  for (const RowBlock& block : blocks) rows += block.weight.rows;
  const int64_t groups = table.regrouped_groups(x.dim(0), rows, x.dim(1));
  if (groups == 0) return table.matmul(ctx.pool(), blocks, x, true, y, first_column);
  Tensor grouped = ctx.output({groups, x.dim(0), 64}, DType::f32, Owner::workspace);
  table.regroup(ctx.pool(), x, grouped);
  table.matmul(ctx.pool(), blocks, grouped, true, y, first_column);
}

}  // namespace diptych
