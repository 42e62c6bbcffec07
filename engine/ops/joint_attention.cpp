#include "engine/ops/joint_attention.h"

#include <algorithm>
#include <numeric>

#include "engine/ops/attention.h"
#include "engine/ops/backward/record.h"

namespace diptych {
namespace {

constexpr int64_t page_step = 32;  // a page is a multiple of what the kernels ask of a block

// One page per row. Its sequences say which rows of a stream belong to it, and where among the keys they stand.
void place_stream(KeyValues& pages, int64_t tokens, int64_t first_key) {
  for (size_t row = 0; row < pages.sequences.size(); ++row) {
    AttentionSequence& sequence = pages.sequences[row];
    sequence.query_begin = static_cast<int64_t>(row) * tokens;
    sequence.query_end = sequence.query_begin + tokens;
    sequence.first_position = first_key;
  }
}

bool is_tracked(const Context& ctx, std::span<const AttentionStream> streams) {
  return ctx.tape != nullptr && std::ranges::any_of(streams, [&](const AttentionStream& stream) {
           return ctx.tape->tracks(stream.q) || ctx.tape->tracks(stream.k) || ctx.tape->tracks(stream.v);
         });
}

std::vector<Tensor> attend(Context& ctx, std::span<const AttentionStream> streams, int64_t rows,
                           std::span<const int64_t> lengths) {
  assert(!streams.empty() && rows > 0 && (lengths.empty() || static_cast<int64_t>(lengths.size()) == rows));
  const int64_t heads = streams.back().k.dim(1), head_dim = streams.back().k.dim(2);
  const int64_t last_tokens = streams.back().k.dim(0) / rows;
  int64_t keys = 0;
  for (const AttentionStream& stream : streams) {
    for ([[maybe_unused]] const Tensor& part : {stream.q, stream.k, stream.v}) {
      assert(!part || (part.dim(0) % rows == 0 && part.dim(1) == heads && part.dim(2) == head_dim));
    }
    if (stream.k) keys += stream.k.dim(0) / rows;
  }
  std::vector<int32_t> blocks(static_cast<size_t>(rows));
  std::iota(blocks.begin(), blocks.end(), 0);
  KeyValues pages;
  pages.block_tokens = (keys + page_step - 1) / page_step * page_step;
  pages.keys = ctx.output({rows, heads, pages.block_tokens, head_dim}, DType::f32, Owner::workspace);
  pages.values = ctx.output({rows, heads, pages.block_tokens, head_dim}, DType::f32, Owner::workspace);
  for (size_t row = 0; row < blocks.size(); ++row) {
    pages.sequences.push_back({.keys = keys, .blocks = std::span(blocks).subspan(row, 1)});
  }
  int64_t first_key = 0;
  for (const AttentionStream& stream : streams) {
    if (!stream.k) continue;
    const int64_t tokens = stream.k.dim(0) / rows;
    place_stream(pages, tokens, first_key);
    store_kv(ctx, stream.k, stream.v, pages);
    first_key += tokens;
  }
  for (size_t row = 0; row < lengths.size(); ++row) pages.sequences[row].keys = keys - last_tokens + lengths[row];
  std::vector<Tensor> attended;
  for (const AttentionStream& stream : streams) {
    if (!stream.q) {
      attended.emplace_back();
      continue;
    }
    place_stream(pages, stream.q.dim(0) / rows, 0);
    attended.push_back(attention(ctx, stream.q, pages, {.causal = false}));
  }
  return attended;
}

}  // namespace

std::vector<Tensor> joint_attention(Context& ctx, std::span<const AttentionStream> streams, int64_t rows,
                                    std::span<const int64_t> lengths) {
  const bool recorded = is_tracked(ctx, streams);
  std::vector<Tensor> attended;
  {
    const PausedTape paused(ctx);
    attended = attend(ctx, streams, rows, lengths);
  }
  if (recorded) record_joint_attention(ctx, streams, rows, lengths, attended);
  return attended;
}

}  // namespace diptych
