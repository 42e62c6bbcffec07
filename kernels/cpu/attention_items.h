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

// Rows of an item share what is read and widened of keys and values, so there should be many, in multiples of the 12
// that are computed together, as long as their queries and results stay in the second-level cache (192 KiB of them;
// measured with 4096 keys of 64 dimensions, 384 rows in place of 48: 94 for 80 GFLOP/s a thread, with AVX2 92 for 66).
// But there should be several items for each thread, and where a query sees no later keys, few queries in an item leave
// out more of the last block of keys. Where queries are few, heads are shared out as well: the number per item that
// lets `threads` finish first, a further head costing about a third of what an item costs anyhow.
inline AttentionItems attention_items_of(const AttentionParams& params, const KvLayout& layout, int64_t queries) {
  const int group = params.heads / layout.kv_heads;
  const int64_t threads = std::max(1, params.threads);
  int64_t rows = std::clamp<int64_t>(24576 / layout.head_dim / 12 * 12, 48, 384);
  if (params.causal) rows = std::clamp<int64_t>(queries * group / 16, 48, rows);
  const int64_t even = std::max<int64_t>(1, queries * layout.kv_heads / (4 * threads));
  const int64_t tile = std::clamp<int64_t>(std::min(rows / group, even), 1, std::max<int64_t>(1, queries));
  const int64_t tiles = (queries + tile - 1) / tile;
  int heads = group;
  double least = 0;
  for (int h = group; h >= 1; --h) {
    if (group % h != 0) continue;
    const int64_t items = tiles * (params.heads / h);
    const double time = static_cast<double>((items + threads - 1) / threads) * (2.0 + static_cast<double>(h * tile));
    if (h == group || time < least) {
      heads = h;
      least = time;
    }
  }
  return {tile, tiles, heads, params.heads / heads};
}

}  // namespace diptych::kernels::cpu
