// Paged storage of keys and values for all layers of a model. Which sequence owns which block is the business of
// engine/llm; here is memory, and the layout that attention reads.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/context.h"
#include "engine/model/batch.h"
#include "engine/ops/attention.h"

namespace diptych {

struct KvLayout {
  int64_t layers = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  DType dtype = DType::f16;
  int64_t block_tokens = 32;

  int64_t block_bytes() const;  // keys and values of one block in all layers
};

// Blocks that hold so many tokens.
inline int64_t blocks_for(int64_t tokens, const KvLayout& layout) {
  return (tokens + layout.block_tokens - 1) / layout.block_tokens;
}

class KvCache {
 public:
  KvCache(Context& ctx, const KvLayout& layout, int64_t blocks);

  const KvLayout& layout() const { return layout_; }
  int64_t blocks() const { return blocks_; }
  const Tensor& keys(int64_t layer) const {
    return keys_[static_cast<size_t>(layer)];
  }  // [blocks, kv_heads, block_tokens, head_dim]
  const Tensor& values(int64_t layer) const { return values_[static_cast<size_t>(layer)]; }  // same

  // Copies one block of all layers (a shared prefix that is about to be written).
  void copy_block(int64_t from, int64_t to);

 private:
  KvLayout layout_;
  int64_t blocks_;
  std::vector<Tensor> keys_, values_;
};

// Stores k and v [tokens, kv_heads, head_dim] of one layer and returns what its queries attend to; without a cache the
// tensors themselves.
KeyValues attend_to(Context& ctx, KvCache* cache, int64_t layer, const Batch& batch, const Tensor& k, const Tensor& v);

}  // namespace diptych
