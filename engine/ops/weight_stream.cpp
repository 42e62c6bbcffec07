#include "engine/ops/weight_stream.h"

#include <algorithm>
#include <numeric>

#include "engine/core/context.h"

namespace diptych {
namespace {

// What is read of the file is written once, packed.
void declare_reading(Context& ctx, int64_t bytes) {
  const auto each = static_cast<double>(bytes);
  ctx.declare("read weight", {.read_bytes = each, .written_bytes = each});
}

}  // namespace

bool is_streamed(const Linear& layer) {
  return std::ranges::any_of(layer.blocks, [](const RowBlock& block) { return block.weight.streamed != nullptr; });
}

Weight in_memory(Context& ctx, const Weight& weight) {
  if (!weight.streamed) return weight;
  Weight here = weight;
  declare_reading(ctx, weight.streamed->bytes);
  here.packed = weight.streamed->read(ctx);
  here.streamed = nullptr;
  return here;
}

Weight rows_in_memory(Context& ctx, const Weight& table, std::vector<int32_t>& ids) {
  const auto count = static_cast<int64_t>(ids.size());
  if (count == 0 || count >= table.rows || !table.streamed || !table.streamed->read_rows) return in_memory(ctx, table);
  Weight here = table;
  here.rows = count;
  declare_reading(ctx, table.streamed->bytes * count / table.rows);
  here.packed = table.streamed->read_rows(ctx, ids);
  here.streamed = nullptr;
  std::iota(ids.begin(), ids.end(), 0);
  return here;
}

Linear in_memory(Context& ctx, const Linear& layer) {
  Linear here = layer;
  for (RowBlock& block : here.blocks) block.weight = in_memory(ctx, block.weight);
  return here;
}

}  // namespace diptych
