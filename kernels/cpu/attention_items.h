// How the queries and heads of one attention call are cut into independent items.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/cpu/attention.h"

namespace diptych::kernels::cpu {

struct AttentionItems {
  int64_t queries;      // of one item; its rows are (query, head) pairs
  int64_t query_tiles;  // ceil(all queries / queries)
  int heads;            // query heads of one item, all of one kv head
  int head_tiles;       // all heads / heads

  int64_t count() const { return query_tiles * head_tiles; }
};

// Rows of an item share what is read of keys and values, so there should be many, in multiples of the 12 that are
// computed together; and there should be eight items for the threads to share.
inline AttentionItems attention_items_of(const AttentionParams& params, const KvLayout& layout, int64_t queries) {
  constexpr int64_t wanted = 8;
  const int group = params.heads / layout.kv_heads;
  const int64_t rows = layout.head_dim <= 128 ? 48 : 36;
  const int64_t even = std::max<int64_t>(1, queries * layout.kv_heads / wanted);
  const int64_t tile = std::clamp<int64_t>(std::min(rows / group, even), 1, std::max<int64_t>(1, queries));
  int heads = group;
  if (queries * layout.kv_heads < wanted) {
    while (heads > 1 && (group % heads != 0 || queries * layout.kv_heads * (group / heads) < wanted)) --heads;
  }
  return {tile, (queries + tile - 1) / tile, heads, params.heads / heads};
}

}  // namespace diptych::kernels::cpu
