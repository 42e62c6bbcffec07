// Fused attention: online softmax, grouped query heads, causal and sliding-window masks, paged or contiguous keys.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

// The keys that one sequence's queries attend to.
struct AttentionSequence {
  int64_t query_begin = 0, query_end = 0;  // rows of q that belong to the sequence
  int64_t first_position = 0;              // position of row query_begin; key j stands at position j
  int64_t keys = 0;                        // keys 0 … keys-1 exist, the new ones included
  std::span<const int32_t> blocks;         // paged: block of keys [i * block_tokens, (i + 1) * block_tokens)
  int64_t contiguous_begin = 0;            // contiguous: row of the sequence's key 0
};

struct KeyValues {
  // Paged: [blocks, kv_heads, block_tokens, head_dim] f16 or f32, in the kernel's own order within a block.
  // Contiguous: [tokens, kv_heads, head_dim] f32; the rows of tokens may be strided.
  Tensor keys, values;
  int64_t block_tokens = 0;  // 0: contiguous
  std::vector<AttentionSequence> sequences;
};

struct AttentionOptions {
  float scale = 0;     // 0: 1 / sqrt(head_dim)
  int64_t window = 0;  // a query sees keys in (position - window, position]; 0: all
  bool causal = true;
  float softcap = 0;  // logits become softcap * tanh(logit / softcap); 0: none
  // f32 [heads, 2 * reach + 1], added to the scaled score of key j for the query at position i: its value at
  // reach + j - i. No distance is beyond the reach. Empty: none.
  Tensor relative_bias = {};
};

// q [tokens, heads, head_dim] f32 -> [tokens, heads * head_dim] f32
Tensor attention(Context& ctx, const Tensor& q, const KeyValues& kv, const AttentionOptions& options);

// Writes k and v [tokens, kv_heads, head_dim] f32 of each sequence's new positions into the pages.
void store_kv(Context& ctx, const Tensor& k, const Tensor& v, const KeyValues& pages);

}  // namespace diptych
