#include <algorithm>
#include <utility>

#include "engine/ops/adapter.h"
#include "engine/ops/backward/gain.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/weight_stream.h"

namespace diptych {
namespace {

// body(block, columns of the block's results in `gradient`) for each row block.
template <typename Body>
void for_blocks(const Linear& layer, const Tensor& gradient, const Body& body) {
  int64_t column = 0;
  for (const RowBlock& block : layer.blocks) {
    body(block, gradient.slice(1, column, column + block.weight.rows));
    column += block.weight.rows;
  }
}

bool tracks(const Tape& tape, const Weight& weight) {
  return weight.packed && tape.tracks(weight.packed);
}

// What one block's adapter added to its results. x is empty where nothing of it is trained, y where no gain is.
void take_back(Context& ctx, Tape& tape, const BlockAdapter& adapter, const Tensor& x, const Place& x_place,
               const Tensor& y, const Tensor& dy) {  // both [tokens, rows]
  const Tensor dx = tape.add_to(ctx, x_place);
  const int64_t tokens = dy.dim(0);
  Tensor ranks;  // [tokens, rank]
  if (adapter.up && (x || dx)) {
    const int64_t rank = adapter.down.rows;
    if (tracks(tape, adapter.up) || y) {
      ranks = ctx.output({tokens, rank}, DType::f32, Owner::workspace);
      const RowBlock down{adapter.down, {}};
      kernel_table(ctx).matmul(ctx.pool(), {&down, 1}, x, false, ranks, 0);
    }
    if (tracks(tape, adapter.up)) add_weight_gradient(ctx, dy, ranks, tape.add_to(ctx, adapter.up.packed));
    const Tensor dranks = zeros(ctx, {tokens, rank});
    add_times_weight(ctx, dy, adapter.up, dranks);
    if (tracks(tape, adapter.down)) add_weight_gradient(ctx, dranks, x, tape.add_to(ctx, adapter.down.packed));
    if (dx) add_times_weight(ctx, dranks, adapter.down, dx);
  }
  if (adapter.dense && dx) add_times_weight(ctx, dy, adapter.dense, dx);
  if (adapter.made) {
    const Weight matrix = adapter.made->make(ctx);
    if (dx) add_times_weight(ctx, dy, matrix, dx);
    const Tensor gradient = zeros(ctx, {matrix.rows, matrix.cols});
    add_weight_gradient(ctx, dy, x, gradient);
    adapter.made->take_back(ctx, gradient);
  }
  take_back_gain(ctx, tape, adapter, y, ranks, dy);
}

}  // namespace

bool is_trained(const Context& ctx, const Linear& layer) {
  return ctx.tape != nullptr && std::ranges::any_of(layer.blocks, [&](const RowBlock& block) {
           return tracks(*ctx.tape, block.weight) || ctx.tape->tracks(block.bias);
         });
}

bool is_adapter_trained(const Context& ctx, const Linear& layer) {
  return ctx.tape != nullptr && std::ranges::any_of(layer.blocks, [&](const RowBlock& block) {
           return block.adapter && (block.adapter->made || tracks(*ctx.tape, block.adapter->down) ||
                                    tracks(*ctx.tape, block.adapter->up) || is_gain_trained(*ctx.tape, *block.adapter));
         });
}

void record_linear(Context& ctx, const Tensor& x, const Linear& layer, const Tensor& y) {
  const bool needs_x =
      std::ranges::any_of(layer.blocks, [&](const RowBlock& block) { return tracks(*ctx.tape, block.weight); });
  ctx.tape->record({y}, [kept = needs_x ? ctx.tape->keep(x) : Kept(), x_place = Place(x), layer, y = Place(y)](
                            Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    const Tensor dx = tape.add_to(c, x_place), seen = kept.get(c);
    for_blocks(layer, dy, [&](const RowBlock& block, const Tensor& of_block) {
      if (dx) add_times_weight(c, of_block, block.weight.streamed ? in_memory(c, block.weight) : block.weight, dx);
      if (tracks(tape, block.weight)) add_weight_gradient(c, of_block, seen, tape.add_to(c, block.weight.packed));
      if (Tensor dbias = tape.add_to(c, block.bias)) gradient_kernels(c).add_column_sums(c.pool(), of_block, dbias);
    });
  });
}

void record_adapters(Context& ctx, const Tensor& x, const Linear& layer, const Tensor& y) {
  const Kept kept = is_adapter_trained(ctx, layer) ? ctx.tape->keep(x) : Kept();
  const bool needs_y = std::ranges::any_of(
      layer.blocks, [&](const RowBlock& block) { return block.adapter && is_gain_trained(*ctx.tape, *block.adapter); });
  ctx.tape->record_in_place(
      [kept, place = Place(x), layer, values = needs_y ? y : Tensor(), y = Place(y)](Context& c, Tape& tape) {
        const Tensor dy = tape.gradient_of(y);
        if (!dy) return;
        const Tensor seen = kept.get(c);
        int64_t column = 0;
        for_blocks(layer, dy, [&](const RowBlock& block, const Tensor& of_block) {
          const int64_t first = column;
          column += block.weight.rows;
          if (!block.adapter || block.adapter->empty()) return;
          take_back(c, tape, *block.adapter, seen, place, values ? values.slice(1, first, column) : values, of_block);
        });
      });
}

void record_embedding(Context& ctx, const Weight& table, std::span<const int32_t> ids, float scale, const Tensor& y) {
  ctx.tape->record({y}, [table = table.packed, ids = std::vector<int32_t>(ids.begin(), ids.end()), scale, y = Place(y)](
                            Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    c.declare("embedding_backward",
              {.read_bytes = 2 * static_cast<double>(dy.bytes()), .written_bytes = static_cast<double>(dy.bytes())});
    Tensor gradient = tape.add_to(c, table);
    gradient_kernels(c).add_to_rows(c.pool(), dy, ids, scale, gradient);
  });
}

}  // namespace diptych
