#include "engine/model/kv_cache.h"

#include <cstring>

#include "engine/model/causal_lm.h"

namespace diptych {

int64_t KvLayout::block_bytes() const {
  return 2 * layers * static_cast<int64_t>(dtype_bytes(dtype, block_tokens * kv_heads * head_dim));
}

KvLayout CausalLm::kv_layout(DType dtype) const {
  const CausalLmInfo& model = info();
  return {model.layers, model.kv_heads, model.head_dim, dtype, 32};
}

KvCache::KvCache(Context& ctx, const KvLayout& layout, int64_t blocks) : layout_(layout), blocks_(blocks) {
  const Shape shape{blocks, layout.kv_heads, layout.block_tokens, layout.head_dim};
  for (int64_t layer = 0; layer < layout.layers; ++layer) {
    keys_.push_back(ctx.output(shape, layout.dtype, Owner::kv_cache));
    values_.push_back(ctx.output(shape, layout.dtype, Owner::kv_cache));
  }
}

void KvCache::copy_block(int64_t from, int64_t to) {
  assert(from >= 0 && from < blocks_ && to >= 0 && to < blocks_);
  for (const auto* tensors : {&keys_, &values_}) {
    for (const Tensor& tensor : *tensors) {
      if (tensor.is_meta()) continue;
      const Tensor source = tensor.slice(0, from, from + 1);
      Tensor target = tensor.slice(0, to, to + 1);
      std::memcpy(target.raw(), source.raw(), static_cast<size_t>(source.bytes()));
    }
  }
}

KeyValues attend_to(Context& ctx, KvCache* cache, int64_t layer, const Batch& batch, const Tensor& k, const Tensor& v) {
  const bool paged = cache != nullptr && !batch.kv.empty();
  KeyValues kv;
  kv.keys = paged ? cache->keys(layer) : k;
  kv.values = paged ? cache->values(layer) : v;
  kv.block_tokens = paged ? cache->layout().block_tokens : 0;
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    AttentionSequence sequence;
    sequence.query_begin = batch.sequence_offsets[static_cast<size_t>(s)];
    sequence.query_end = batch.sequence_offsets[static_cast<size_t>(s) + 1];
    sequence.first_position = batch.positions[static_cast<size_t>(sequence.query_begin)];
    sequence.keys = sequence.first_position + sequence.query_end - sequence.query_begin;
    if (paged) {
      sequence.blocks = batch.kv[static_cast<size_t>(s)]->blocks;
      assert(static_cast<int64_t>(sequence.blocks.size()) * kv.block_tokens >= sequence.keys);
    } else {
      assert(sequence.first_position == 0 && "without a cache a sequence starts at its first token");
      sequence.contiguous_begin = sequence.query_begin;
      if (!batch.key_limits.empty()) sequence.keys = batch.key_limits[static_cast<size_t>(s)];
    }
    kv.sequences.push_back(sequence);
  }
  if (paged) store_kv(ctx, k, v, kv);
  return kv;
}

}  // namespace diptych
