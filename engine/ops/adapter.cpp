#include "engine/ops/adapter.h"

#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// A row block with something to add, and where its results begin.
struct AdaptedBlock {
  const BlockAdapter& adapter;
  int64_t rows, first_column;
};

std::vector<AdaptedBlock> adapted_blocks(const Linear& layer) {
  std::vector<AdaptedBlock> adapted;
  int64_t column = 0;
  for (const RowBlock& block : layer.blocks) {
    if (block.adapter && !block.adapter->empty()) adapted.push_back({*block.adapter, block.weight.rows, column});
    column += block.weight.rows;
  }
  return adapted;
}

double values_of(const Weight& weight) {
  return static_cast<double>(weight.rows) * static_cast<double>(weight.cols);
}

void declare(Context& ctx, const std::vector<AdaptedBlock>& blocks, int64_t tokens, double read_bytes) {
  const auto each = static_cast<double>(tokens);
  Cost cost{.read_bytes = read_bytes};
  for (const AdaptedBlock& block : blocks) {
    for (const Weight* weight : {&block.adapter.down, &block.adapter.up, &block.adapter.dense}) {
      if (!*weight) continue;
      cost.flops += 2 * each * values_of(*weight);
      cost.weight_bytes += static_cast<double>(weight->bytes());
    }
    const double results = each * static_cast<double>(block.rows);
    if (block.adapter.gain) cost.flops += 2 * results;
    cost.read_bytes += 4 * results;
    cost.written_bytes += 4 * results;
  }
  ctx.declare("adapters", cost);
}

void declare_product(Context& ctx, const Weight& matrix, int64_t tokens) {
  const auto each = static_cast<double>(tokens);
  ctx.declare("adapters", {.flops = 2 * each * values_of(matrix),
                           .weight_bytes = static_cast<double>(matrix.bytes()),
                           .read_bytes = 4 * each * static_cast<double>(matrix.cols),
                           .written_bytes = 4 * each * static_cast<double>(matrix.rows)});
}

// What the adapters see of x: those of a layer drop the same values.
Tensor seen_by(Context& ctx, const std::vector<AdaptedBlock>& blocks, const Tensor& x) {
  const auto& drop = blocks.front().adapter.dropout;
  return drop ? dropout(ctx, x, *drop) : x;
}

// y + gains, then the products of `ranks` [tokens, sum of ranks], the blocks' side by side.
void add_low_ranks(Context& ctx, const std::vector<AdaptedBlock>& blocks, const Tensor& ranks, Tensor& y) {
  const KernelTable& table = kernel_table(ctx);
  int64_t first = 0;
  for (const auto& [adapter, rows, column] : blocks) {
    if (adapter.gain) table.scale_columns(ctx.pool(), adapter.gain, adapter.offset, y, column);
    if (!adapter.up) continue;
    const int64_t rank = adapter.up.cols;
    table.add_product(ctx.pool(), adapter.up, ranks.slice(1, first, first + rank), y, column);
    first += rank;
  }
}

void add_made(Context& ctx, MadeMatrix& made, const Tensor& x, Tensor& y, int64_t first_column) {
  const PausedTape paused(ctx);
  const Weight matrix = made.make(ctx);
  declare_product(ctx, matrix, x.dim(0));
  kernel_table(ctx).add_product(ctx.pool(), matrix, x, y, first_column);
}

}  // namespace

Conv2d with_kernel(const Conv2d& conv, const Weight& kernel) {
  Conv2d other{conv.shape, {}, {}, {}};
  other.shape.out_channels = kernel.rows;
  other.matrix.blocks.push_back({kernel, {}});
  return other;
}

void add_adapters(Context& ctx, const Tensor& input, const Linear& layer, Tensor& y) {
  const std::vector<AdaptedBlock> adapted = adapted_blocks(layer);
  if (adapted.empty()) return;
  const KernelTable& table = kernel_table(ctx);
  const Tensor x = seen_by(ctx, adapted, input);
  const int64_t tokens = x.dim(0);
  declare(ctx, adapted, tokens, static_cast<double>(x.bytes()));
  std::vector<RowBlock> downs;
  int64_t rank = 0;
  for (const AdaptedBlock& block : adapted) {
    if (!block.adapter.down) continue;
    assert(block.adapter.down.cols == x.dim(1) && block.adapter.up.cols == block.adapter.down.rows);
    downs.push_back({block.adapter.down, {}});
    rank += block.adapter.down.rows;
  }
  Tensor ranks;  // [tokens, rank]
  if (rank > 0) {
    ranks = ctx.output({tokens, rank}, DType::f32, Owner::workspace);
    table.matmul(ctx.pool(), downs, x, false, ranks, 0);
  }
  add_low_ranks(ctx, adapted, ranks, y);
  for (const AdaptedBlock& block : adapted) {
    if (block.adapter.dense) table.add_product(ctx.pool(), block.adapter.dense, x, y, block.first_column);
    if (block.adapter.made) add_made(ctx, *block.adapter.made, x, y, block.first_column);
  }
  if (ctx.tape == nullptr) return;
  if (ctx.tape->tracks(y)) return record_adapters(ctx, x, layer, y);
  if (is_adapter_trained(ctx, layer)) {
    throw Error(ErrorCategory::unsupported, "cannot train an adapter of", layer.blocks.front().weight.name,
                "the op that computes it has no backward", "leave this layer out of the targets");
  }
}

void add_adapters(Context& ctx, const Tensor& input, const Conv2d& conv, const Upsampling& upsampling, Tensor& y) {
  const std::vector<AdaptedBlock> adapted = adapted_blocks(conv.matrix);
  if (adapted.empty()) return;
  const BlockAdapter& adapter = adapted.front().adapter;
  const Tensor x = seen_by(ctx, adapted, input);
  const int64_t channels = conv.shape.out_channels, pixels = y.elements() / channels;
  Tensor ranks, dense;  // [rows, height, width, rank], as y
  if (adapter.down) ranks = conv2d(ctx, x, with_kernel(conv, adapter.down), upsampling);
  if (adapter.dense) dense = conv2d(ctx, x, with_kernel(conv, adapter.dense), upsampling);
  BlockAdapter rest = adapter;  // the convolutions have declared themselves
  rest.down = rest.dense = {};
  declare(ctx, {{rest, channels, 0}}, pixels, ranks ? static_cast<double>(ranks.bytes()) : 0);
  Tensor results = y.reshape({pixels, channels});
  add_low_ranks(ctx, adapted, ranks ? ranks.reshape({pixels, adapter.down.rows}) : ranks, results);
  if (dense) kernel_table(ctx).add(ctx.pool(), y, dense, y);
  if (adapter.made) {
    const PausedTape paused(ctx);
    const Tensor more = conv2d(ctx, x, with_kernel(conv, adapter.made->make(ctx)), upsampling);
    kernel_table(ctx).add(ctx.pool(), y, more, y);
  }
  if (ctx.tape == nullptr || !ctx.tape->tracks(y)) return;
  record_conv_adapter(ctx, x, conv, upsampling, ranks, dense, y);
}

}  // namespace diptych
