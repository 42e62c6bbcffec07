#include "engine/ops/weight_stream.h"

#include <algorithm>

namespace diptych {

bool is_streamed(const Linear& layer) {
  return std::ranges::any_of(layer.blocks, [](const RowBlock& block) { return block.weight.streamed != nullptr; });
}

Weight in_memory(Context& ctx, const Weight& weight) {
  if (!weight.streamed) return weight;
  Weight here = weight;
  here.packed = weight.streamed->read(ctx);
  here.streamed = nullptr;
  return here;
}

Linear in_memory(Context& ctx, const Linear& layer) {
  Linear here = layer;
  for (RowBlock& block : here.blocks) block.weight = in_memory(ctx, block.weight);
  return here;
}

}  // namespace diptych
