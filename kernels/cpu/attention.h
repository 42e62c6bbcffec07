// Attention over paged keys and values: online softmax, grouped query heads, causal and window masks.
//
// A page holds block_tokens (a multiple of kv_lanes) tokens of all kv heads. Order within a page, fixed by store_kv:
//   keys    [kv_heads][block_tokens / kv_lanes][head_dim][kv_lanes]   lanes are keys, for q k^T
//   values  [kv_heads][block_tokens][head_dim]
// Places that no token was stored to may hold anything: they are never used.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

inline constexpr int kv_lanes = 32;

struct KvLayout {
  int block_tokens, kv_heads, head_dim;
  DType type;  // f16 or f32
};

// Bytes of one page of keys, and of one of values.
size_t kv_block_bytes(const KvLayout& layout);

// Stores `count` tokens at positions first_position, …; page p holds positions [p, p + 1) * block_tokens.
// k and v: [kv_heads, head_dim] per token, rows k_stride and v_stride values apart. Distinct positions may be stored
// from several threads at a time.
void store_kv(const KvLayout& layout, void* const* key_pages, void* const* value_pages, int64_t first_position,
              int64_t count, const float* k, int64_t k_stride, const float* v, int64_t v_stride);

struct AttentionParams {
  int heads = 1;  // of the queries; a multiple of the kv heads
  float scale = 1;
  bool causal = true;
  int64_t window = 0;       // a query at p sees keys in (p - window, p]; 0: all
  float logit_softcap = 0;  // 0: none
  // Added to the scaled score of key j for the query at i in head h: bias[h * (2 * bias_reach + 1) + bias_reach + j -
  // i]; every such distance is within the reach. Null: none. (T5's relative position bias, Raffel et al. 2020,
  // section 2.1.)
  const float* bias = nullptr;
  int64_t bias_reach = 0;
  int threads = 1;  // that will share the items: decides how many there are, never a result
};

struct KvPages {
  KvLayout layout;
  const void* const* keys;
  const void* const* values;
};

// Independent pieces of work for one sequence's queries; attention() computes a range of them.
int64_t attention_items(const AttentionParams& params, const KvLayout& layout, int64_t queries);

// q [queries, heads, head_dim], rows q_stride values apart; query i stands at first_position + i and sees keys
// 0 … keys - 1 as far as the masks allow. y [queries, heads, head_dim], rows y_stride apart. A query that sees nothing
// gives zeros. Key blocks are taken in steps of kv_lanes from position 0, so a query's result does not depend on the
// other queries of the call.
void attention(const AttentionParams& params, const KvPages& pages, int64_t keys, const float* q, int64_t q_stride,
               int64_t queries, int64_t first_position, int64_t item_begin, int64_t item_end, float* y,
               int64_t y_stride);

}  // namespace diptych::kernels::cpu
