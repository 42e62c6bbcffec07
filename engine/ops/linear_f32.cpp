#include "engine/ops/linear_f32.h"

#include <algorithm>
#include <numeric>

#include "engine/ops/kernel_table.h"
#include "engine/ops/plain_product.h"

namespace diptych {
namespace {

constexpr int64_t rows_at_a_time = 256;

// Rows [begin, end) of a quantized weight as a matrix in f32.
Weight widened(Context& ctx, const Weight& weight, int64_t begin, int64_t end) {
  std::vector<int32_t> rows(static_cast<size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), static_cast<int32_t>(begin));
  Tensor values = ctx.output({end - begin, weight.cols}, DType::f32, Owner::workspace);
  kernel_table(ctx).embedding(ctx.pool(), weight, rows, 1.0f, values);
  return pack_weight(ctx, weight.name, DType::f32, end - begin, weight.cols, values.raw());
}

}  // namespace

bool is_quantized(const Linear& layer) {
  return std::ranges::any_of(layer.blocks, [](const RowBlock& block) { return is_quantized(block.weight.dtype); });
}

Tensor linear_in_f32(Context& ctx, const Tensor& x, const Linear& layer) {
  const auto tokens = static_cast<double>(x.dim(0)), rows = static_cast<double>(layer.rows());
  Cost cost{.flops = 2 * tokens * rows * static_cast<double>(layer.cols()),
            .read_bytes = static_cast<double>(x.bytes()),
            .written_bytes = 4 * tokens * rows};
  for (const RowBlock& block : layer.blocks) cost.weight_bytes += static_cast<double>(block.weight.bytes());
  ctx.declare("linear_f32", cost, {&x});
  Tensor y = ctx.output({x.dim(0), layer.rows()});  // [tokens, rows]
  int64_t first_column = 0;
  for (const RowBlock& block : layer.blocks) {
    const int64_t all = block.weight.rows, step = is_quantized(block.weight.dtype) ? rows_at_a_time : all;
    for (int64_t begin = 0; begin < all; begin += step) {
      const int64_t end = std::min(begin + step, all);
      RowBlock some = block;
      if (is_quantized(block.weight.dtype)) {
        some.weight = widened(ctx, block.weight, begin, end);
        if (block.bias) some.bias = block.bias.slice(0, begin, end);
      }
      plain_product(ctx, x, {&some, 1}, y, first_column + begin);
    }
    first_column += all;
  }
  return y;
}

}  // namespace diptych
