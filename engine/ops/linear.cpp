#include "engine/ops/linear.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/error.h"
#include "engine/ops/adapter.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/linear_f32.h"
#include "engine/ops/pack_parts.h"
#include "engine/ops/plain_product.h"
#include "engine/ops/weight_stream.h"

namespace diptych {
namespace {

constexpr std::array matrix_types{DType::f32,  DType::f16,  DType::bf16, DType::q4_0, DType::q4_1, DType::q5_0,
                                  DType::q5_1, DType::q8_0, DType::q4_k, DType::q5_k, DType::q6_k};

double as_double(int64_t value) {
  return static_cast<double>(value);
}

// Products of both levels of fine activations that are held at once: what two levels cost in memory.
constexpr int64_t pair_values = int64_t{1} << 22;

// Results of row blocks that share prepared activations, from `first_column` on.
void multiply_fine(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks, int64_t columns, Tensor& y,
                   int64_t first_column) {
  const KernelTable& table = kernel_table(ctx);
  const DType type = blocks.front().weight.dtype;
  const int64_t tokens = x.dim(0);
  const int64_t step = std::clamp<int64_t>(pair_values / std::max<int64_t>(2, 2 * columns), 1, tokens);
  Tensor prepared = ctx.output({2 * step, table.prepared_row_bytes(type, x.dim(1))}, DType::u8, Owner::workspace);
  Tensor pairs = ctx.output({2 * step, columns}, DType::f32, Owner::workspace);
  if (ctx.is_meta()) return;  // a prediction should not take as many turns
  for (int64_t begin = 0; begin < tokens; begin += step) {
    const int64_t count = std::min(step, tokens - begin);
    Tensor some_prepared = prepared.slice(0, 0, 2 * count), some_pairs = pairs.slice(0, 0, 2 * count);
    Tensor some_y = y.slice(0, begin, begin + count);
    table.prepare_fine(ctx.pool(), type, x.slice(0, begin, begin + count), some_prepared);
    table.matmul(ctx.pool(), blocks, some_prepared, false, some_pairs, 0);
    table.sum_pairs(ctx.pool(), blocks, some_pairs, some_y, first_column);
  }
}

// Its weights are read again on the way back, not kept until then.
Tensor streamed_linear(Context& ctx, const Tensor& x, const Linear& layer) {
  const bool recorded = ctx.tape != nullptr && (ctx.tape->tracks(x) || is_adapter_trained(ctx, layer));
  Tensor y;
  {
    const PausedTape paused(ctx);
    Linear here = in_memory(ctx, layer);
    for (RowBlock& block : here.blocks) block.adapter = nullptr;
    y = linear(ctx, x, here);
  }
  if (recorded) record_linear(ctx, x, layer, y);
  add_adapters(ctx, x, layer, y);
  return y;
}

}  // namespace

bool is_matrix_type(DType type) {
  return std::find(matrix_types.begin(), matrix_types.end(), type) != matrix_types.end();
}

std::string matrix_type_names() {
  std::string list;
  for (const DType type : matrix_types) list += (list.empty() ? "" : ", ") + std::string(dtype_name(type));
  return list;
}

int64_t Linear::rows() const {
  int64_t sum = 0;
  for (const RowBlock& block : blocks) sum += block.weight.rows;
  return sum;
}

Weight pack_weight(Context& ctx, std::string name, DType dtype, int64_t rows, int64_t cols, const std::byte* source) {
  const size_t row_bytes = dtype_bytes(dtype, cols);
  return pack_weight_in_parts(ctx, std::move(name), dtype, rows, cols,
                              [=](int64_t begin, int64_t) { return source + static_cast<size_t>(begin) * row_bytes; });
}

Weight pack_weight_in_parts(Context& ctx, std::string name, DType dtype, int64_t rows, int64_t cols,
                            const RowSource& source, Owner owner) {
  assert(rows > 0 && cols > 0 && cols % dtype_info(dtype).block_values == 0);
  const KernelTable& table = kernel_table(ctx);
  Weight weight{std::move(name), dtype, rows, cols, {}, nullptr};
  weight.packed = ctx.output({table.packed_bytes(dtype, rows, cols)}, DType::u8, owner);
  if (ctx.is_meta()) return weight;
  const int64_t step = rows_of_part(dtype, rows, cols);
  for (int64_t begin = 0; begin < rows; begin += step) {
    const int64_t end = std::min(begin + step, rows), first = begin == 0 ? 0 : table.packed_bytes(dtype, begin, cols);
    Tensor part = weight.packed.slice(0, first, first + table.packed_bytes(dtype, end - begin, cols));
    table.pack(ctx.pool(), dtype, source(begin, end), end - begin, cols, part);
  }
  return weight;
}

RowSource quantized_source(Context& ctx, RowSource source, DType from, DType to, int64_t rows, int64_t cols) {
  const auto bytes = static_cast<int64_t>(dtype_bytes(to, rows_of_part(to, rows, cols) * cols));
  return [&ctx, source = std::move(source), from, to, cols, blocks = ctx.output({bytes}, DType::u8, Owner::workspace)](
             int64_t begin, int64_t end) mutable {
    kernel_table(ctx).quantize(ctx.pool(), from, source(begin, end), end - begin, cols, to, blocks);
    return static_cast<const std::byte*>(blocks.raw());
  };
}

int64_t rows_of_part(DType dtype, int64_t rows, int64_t cols) {
  constexpr int64_t part_bytes = int64_t{8} << 20, multiple = 64;  // whole tiles of packed rows for some threads
  const auto row_bytes = static_cast<int64_t>(dtype_bytes(dtype, cols));
  return std::min(rows, std::max<int64_t>(1, part_bytes / row_bytes / multiple) * multiple);
}

Tensor linear(Context& ctx, const Tensor& x, const Linear& layer) {
  const int64_t tokens = x.dim(0), cols = layer.cols(), rows = layer.rows();
  assert(!layer.blocks.empty() && x.shape().rank() == 2 && x.dim(1) == cols && x.dtype() == DType::f32 &&
         x.contiguous());
  if (is_streamed(layer)) return streamed_linear(ctx, x, layer);
  if (ctx.arithmetic == Arithmetic::f32 && is_quantized(layer)) {
    Tensor y = linear_in_f32(ctx, x, layer);
    add_adapters(ctx, x, layer, y);
    return y;
  }
  Cost cost{.flops = is_quantized(layer) ? 2.0 * as_double(tokens) * as_double(rows) * as_double(cols)
                                         : plain_product_flops(ctx, x, layer.blocks),
            .read_bytes = as_double(x.bytes()),
            .written_bytes = 4.0 * as_double(tokens * rows)};
  for (const RowBlock& block : layer.blocks) {
    cost.weight_bytes += as_double(block.weight.bytes());
    if (is_quantized(block.weight.dtype)) {
      cost.int8_flops += 2.0 * as_double(tokens) * as_double(block.weight.rows) * as_double(cols);
    }
  }
  const bool recorded = ctx.declare_differentiable("linear", cost, {&x}) || is_trained(ctx, layer);

  const KernelTable& table = kernel_table(ctx);
  Tensor y = ctx.output({tokens, rows});  // [tokens, rows]
  Tensor prepared;
  int64_t first_column = 0;
  for (auto begin = layer.blocks.begin(); begin != layer.blocks.end();) {
    const DType type = begin->weight.dtype;
    auto end = begin;
    int64_t columns = 0;
    for (; end != layer.blocks.end() && table.activation_format(end->weight.dtype) == table.activation_format(type);
         ++end) {
      assert(end->weight.cols == cols && (!end->bias || end->bias.elements() == end->weight.rows));
      columns += end->weight.rows;
    }
    const std::span<const RowBlock> blocks(begin, end);
    if (const int64_t row_bytes = table.prepared_row_bytes(type, cols); row_bytes == 0) {
      plain_product(ctx, x, blocks, y, first_column);
    } else if (layer.activations == Activations::fine) {
      multiply_fine(ctx, x, blocks, columns, y, first_column);
    } else {
      prepared = ctx.output({tokens, row_bytes}, DType::u8, Owner::workspace);
      table.prepare(ctx.pool(), type, x, prepared);
      table.matmul(ctx.pool(), blocks, prepared, true, y, first_column);
    }
    first_column += columns;
    begin = end;
  }
  if (recorded || is_adapter_trained(ctx, layer)) record_linear(ctx, x, layer, y);
  add_adapters(ctx, x, layer, y);
  return y;
}

Tensor embedding(Context& ctx, const Weight& table, std::span<const int32_t> ids, float scale) {
  const auto count = static_cast<int64_t>(ids.size());
  for (const int32_t id : ids) {
    if (id < 0 || id >= table.rows) {
      throw Error(ErrorCategory::invalid_argument, "cannot look up token", std::to_string(id),
                  "the model has tokens 0 to " + std::to_string(table.rows - 1),
                  "check that the tokenizer belongs to the model");
    }
  }
  if (table.streamed) {
    std::vector<int32_t> places(ids.begin(), ids.end());
    const Weight rows = rows_in_memory(ctx, table, places);
    return embedding(ctx, rows, places, scale);
  }
  const double row_bytes = as_double(table.bytes()) / as_double(table.rows);
  const bool recorded = ctx.declare_differentiable(
      "embedding", {.weight_bytes = as_double(count) * row_bytes, .written_bytes = 4.0 * as_double(count * table.cols)},
      {&table.packed});
  Tensor y = ctx.output({count, table.cols});
  kernel_table(ctx).embedding(ctx.pool(), table, ids, scale, y);
  if (recorded) record_embedding(ctx, table, ids, scale, y);
  return y;
}

}  // namespace diptych
