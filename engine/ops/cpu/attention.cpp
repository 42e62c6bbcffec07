#include "kernels/cpu/attention.h"

#include <algorithm>
#include <vector>

#include "engine/ops/cpu/attention_params.h"
#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {
namespace {

namespace k = kernels::cpu;

k::KvLayout layout_of(const KeyValues& kv) {
  return {.block_tokens = static_cast<int>(kv.block_tokens),
          .kv_heads = static_cast<int>(kv.keys.dim(1)),
          .head_dim = static_cast<int>(kv.keys.dim(3)),
          .type = kv.keys.dtype()};
}

// Where each block of one sequence stands in memory.
struct BlockPointers {
  std::vector<void*> keys, values;

  BlockPointers(const KeyValues& kv, const AttentionSequence& sequence) {
    const size_t block_bytes = k::kv_block_bytes(layout_of(kv));
    const int64_t count = (sequence.keys + kv.block_tokens - 1) / kv.block_tokens;
    assert(count <= static_cast<int64_t>(sequence.blocks.size()));
    for (int64_t i = 0; i < count; ++i) {
      const auto offset = static_cast<size_t>(sequence.blocks[static_cast<size_t>(i)]) * block_bytes;
      keys.push_back(const_cast<std::byte*>(kv.keys.raw()) + offset);
      values.push_back(const_cast<std::byte*>(kv.values.raw()) + offset);
    }
  }
};

}  // namespace

void store_kv(ThreadPool& pool, const Tensor& keys, const Tensor& values, const KeyValues& pages) {
  assert(keys.stride(1) == keys.dim(2) && values.stride(1) == values.dim(2));
  for (const AttentionSequence& sequence : pages.sequences) {
    const BlockPointers blocks(pages, sequence);
    pool.parallel_for(sequence.query_end - sequence.query_begin, 64, [&](int64_t begin, int64_t end) {
      const int64_t row = sequence.query_begin + begin;
      k::store_kv(layout_of(pages), blocks.keys.data(), blocks.values.data(), sequence.first_position + begin,
                  end - begin, keys.data<float>() + row * keys.stride(0), keys.stride(0),
                  values.data<float>() + row * values.stride(0), values.stride(0));
    });
  }
}

void attention(ThreadPool& pool, const Tensor& q, const KeyValues& kv, const AttentionOptions& options, Tensor& y) {
  const int64_t heads = q.dim(1), head_dim = q.dim(2);
  const k::AttentionParams params = attention_params(q, options, pool.threads());
  const k::KvLayout layout = layout_of(kv);
  std::vector<BlockPointers> blocks;
  std::vector<int64_t> first_item{0};  // work items of all sequences stand in one list
  for (const AttentionSequence& sequence : kv.sequences) {
    blocks.emplace_back(kv, sequence);
    first_item.push_back(first_item.back() +
                         k::attention_items(params, layout, sequence.query_end - sequence.query_begin));
  }
  pool.parallel_for(first_item.back(), 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const auto s = static_cast<size_t>(std::ranges::upper_bound(first_item, begin) - first_item.begin()) - 1;
      const AttentionSequence& sequence = kv.sequences[s];
      const int64_t stop = std::min(end, first_item[s + 1]);
      const k::KvPages pages{layout, blocks[s].keys.data(), blocks[s].values.data()};
      k::attention(params, pages, sequence.keys, q.data<float>() + sequence.query_begin * q.stride(0), q.stride(0),
                   sequence.query_end - sequence.query_begin, sequence.first_position, begin - first_item[s],
                   stop - first_item[s], y.data<float>() + sequence.query_begin * heads * head_dim, heads * head_dim);
      begin = stop;
    }
  });
}

}  // namespace diptych::cpu_ops
