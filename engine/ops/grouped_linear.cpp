#include "engine/ops/grouped_linear.h"

#include "engine/ops/backward/record.h"
#include "engine/ops/join.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor grouped_linear(Context& ctx, const Tensor& x, const Linear& layer) {
  const int64_t tokens = x.dim(0), cols = layer.cols(), rows = layer.rows();
  assert(x.shape().rank() == 2 && x.dim(1) == cols * static_cast<int64_t>(layer.blocks.size()));
  Tensor y = ctx.output({tokens, rows});
  int64_t from = 0, to = 0;
  bool recorded = false;
  std::vector<Tensor> products;
  for (const RowBlock& block : layer.blocks) {
    const Tensor part = contiguous(ctx, x.slice(1, from, from + cols));      // [tokens, cols]
    const Tensor product = linear(ctx, part, {{block}, layer.activations});  // [tokens, block's rows]
    const auto bytes = static_cast<double>(product.bytes());
    if (ctx.declare_differentiable("grouped_linear", {.read_bytes = bytes, .written_bytes = bytes}, {&product})) {
      recorded = true;
    }
    if (ctx.tape != nullptr) products.push_back(product);
    kernel_table(ctx).copy_blocks(
        ctx.pool(), product,
        {.values = block.weight.rows, .source_stride = block.weight.rows, .target_offset = to, .target_stride = rows},
        y);
    from += cols;
    to += block.weight.rows;
  }
  if (recorded) record_side_by_side(ctx, products, y);
  return y;
}

}  // namespace diptych
