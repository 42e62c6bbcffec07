#include "engine/ops/attention.h"

#include <algorithm>

#include "engine/ops/backward/record.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// Keys that the queries of a sequence see, summed over the queries: what is really computed, not the full square.
double visible_pairs(const AttentionSequence& sequence, const AttentionOptions& options) {
  double pairs = 0;
  for (int64_t row = sequence.query_begin; row < sequence.query_end; ++row) {
    const int64_t position = sequence.first_position + row - sequence.query_begin;
    const int64_t end = options.causal ? std::min(position + 1, sequence.keys) : sequence.keys;
    const int64_t begin = options.window > 0 ? std::max<int64_t>(0, position + 1 - options.window) : 0;
    pairs += static_cast<double>(std::max<int64_t>(0, end - begin));
  }
  return pairs;
}

void check([[maybe_unused]] const Tensor& q, const KeyValues& kv) {
  assert(q.shape().rank() == 3 && q.dtype() == DType::f32);
  assert(kv.keys.shape() == kv.values.shape() && kv.keys.dtype() == kv.values.dtype());
  [[maybe_unused]] const int64_t kv_heads = kv.keys.dim(1);
  assert(kv_heads > 0 && q.dim(1) % kv_heads == 0 && kv.keys.dim(-1) == q.dim(2));
}

// The kernel reads pages only: contiguous keys become one f32 block per sequence.
KeyValues paged(Context& ctx, const KeyValues& kv, std::vector<std::vector<int32_t>>& tables) {
  constexpr int64_t page = 32;  // a multiple of what the kernels ask of a block
  int64_t longest = 0;
  for (const AttentionSequence& sequence : kv.sequences) longest = std::max(longest, sequence.keys);
  KeyValues pages;
  pages.block_tokens = (longest + page - 1) / page * page;
  const Shape shape{static_cast<int64_t>(kv.sequences.size()), kv.keys.dim(1), pages.block_tokens, kv.keys.dim(2)};
  pages.keys = ctx.output(shape, DType::f32, Owner::workspace);
  pages.values = ctx.output(shape, DType::f32, Owner::workspace);
  pages.sequences = kv.sequences;
  tables.clear();
  for (size_t s = 0; s < pages.sequences.size(); ++s) tables.push_back({static_cast<int32_t>(s)});
  for (size_t s = 0; s < pages.sequences.size(); ++s) {
    AttentionSequence& sequence = pages.sequences[s];
    sequence.blocks = tables[s];
    KeyValues one{pages.keys, pages.values, pages.block_tokens, {sequence}};
    one.sequences[0].query_begin = sequence.contiguous_begin;  // here: the rows of k and v that are stored
    one.sequences[0].query_end = sequence.contiguous_begin + sequence.keys;
    one.sequences[0].first_position = 0;
    store_kv(ctx, kv.keys, kv.values, one);
  }
  return pages;
}

}  // namespace

Tensor attention(Context& ctx, const Tensor& q, const KeyValues& kv, const AttentionOptions& options) {
  check(q, kv);
  if (kv.block_tokens == 0) {
    std::vector<std::vector<int32_t>> tables;
    const Tape* tape = ctx.tape;
    const bool recorded = tape != nullptr && (tape->tracks(q) || tape->tracks(kv.keys) || tape->tracks(kv.values));
    Tensor y;
    {
      const PausedTape paused(ctx);
      y = attention(ctx, q, paged(ctx, kv, tables), options);
    }
    if (recorded) record_attention(ctx, q, kv, options, y);
    return y;
  }
  assert(!options.relative_bias || (options.relative_bias.dim(0) == q.dim(1) && options.relative_bias.dim(1) % 2 == 1));
  const int64_t tokens = q.dim(0), heads = q.dim(1), head_dim = q.dim(2), kv_heads = kv.keys.dim(1);
  Cost cost{.read_bytes = static_cast<double>(q.bytes()), .written_bytes = 4.0 * static_cast<double>(q.elements())};
  for (const AttentionSequence& sequence : kv.sequences) {
    cost.flops += 4.0 * static_cast<double>(heads * head_dim) * visible_pairs(sequence, options);
    const int64_t reach = options.window > 0
                              ? std::min(sequence.keys, options.window + sequence.query_end - sequence.query_begin)
                              : sequence.keys;
    cost.read_bytes += 2.0 * static_cast<double>(dtype_bytes(kv.keys.dtype(), reach * kv_heads * head_dim));
  }
  ctx.declare("attention", cost, {&q, &kv.keys, &kv.values});
  Tensor y = ctx.output({tokens, heads * head_dim});
  kernel_table(ctx).attention(ctx.pool(), q, kv, options, y);
  return y;
}

void store_kv(Context& ctx, const Tensor& k, const Tensor& v, const KeyValues& pages) {
  assert(pages.block_tokens > 0 && k.shape() == v.shape() && k.dim(1) == pages.keys.dim(1) &&
         k.dim(2) == pages.keys.dim(3));
  double elements = 0;  // of k and v together
  for (const AttentionSequence& sequence : pages.sequences) {
    elements += 2.0 * static_cast<double>((sequence.query_end - sequence.query_begin) * k.dim(1) * k.dim(2));
  }
  const double stored = elements * static_cast<double>(dtype_info(pages.keys.dtype()).block_bytes);
  ctx.declare("store_kv", {.read_bytes = 4 * elements, .written_bytes = stored}, {&k, &v});
  kernel_table(ctx).store_kv(ctx.pool(), k, v, pages);
}

}  // namespace diptych
