// Attention with online softmax (Milakov & Gimelshein 2018; Dao et al. 2022) over blocks of 32 keys.
//
// An item's rows are (query, head) pairs of one kv head. Blocks begin at multiples of 32 keys and a row takes nothing
// from a block of which it sees no key, so its result does not depend on the other rows.
#include "kernels/cpu/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/cpu/attention_items.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/attention_block-inl.h"
#include "kernels/cpu/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

struct Row {
  int64_t first_key, end_key;  // of those that it sees
  float largest;               // score so far
};

// The state of one item; buffers are kept by the thread.
struct Item {
  std::vector<Row> rows;
  std::vector<float> q, scores, out, sums;  // rows of `dims`, 32, `dims` and `lanes` floats
  std::vector<float> keys, values;          // one block widened, where that pays
  int dims = 0;                             // head_dim rounded up to a multiple of the lanes
};

// Turns a row's scores of keys [block, block + 32) into weights; what is summed so far is scaled to the new maximum.
HWY_INLINE void update_row(const AttentionParams& params, int64_t block, int dims, Row& row, float* p, float* out,
                           float* sums) {
  const F32 df;
  const auto begin = static_cast<int>(std::clamp<int64_t>(row.first_key - block, 0, kv_lanes)),
             end = static_cast<int>(std::clamp<int64_t>(row.end_key - block, 0, kv_lanes));
  if (begin >= end) {
    std::fill(p, p + kv_lanes, 0.0f);
    return;
  }
  if (params.logit_softcap > 0) {
    const float inverse = 1.0f / params.logit_softcap;
    for (int i = 0; i < kv_lanes; i += lanes) {
      const VF capped = tanh(hn::Mul(hn::LoadU(df, p + i), constant(inverse)));
      hn::StoreU(hn::Mul(constant(params.logit_softcap), capped), df, p + i);
    }
  }
  std::fill(p, p + begin, minus_infinity);
  std::fill(p + end, p + kv_lanes, minus_infinity);
  VF peak = hn::LoadU(df, p);
  DIPTYCH_UNROLL
  for (int i = lanes; i < kv_lanes; i += lanes) peak = hn::Max(peak, hn::LoadU(df, p + i));
  const float largest = std::max(row.largest, hn::GetLane(hn::MaxOfLanes(df, peak)));
  VF sum = hn::LoadU(df, sums);
  if (largest > row.largest) {
    const VF shrink = exp(constant(row.largest - largest));
    sum = hn::Mul(sum, shrink);
    for (int d = 0; d < dims; d += lanes) hn::StoreU(hn::Mul(hn::LoadU(df, out + d), shrink), df, out + d);
    row.largest = largest;
  }
  DIPTYCH_UNROLL
  for (int i = 0; i < kv_lanes; i += lanes) {
    const VF weight = exp(hn::Sub(hn::LoadU(df, p + i), constant(row.largest)));
    hn::StoreU(weight, df, p + i);
    sum = hn::Add(sum, weight);
  }
  hn::StoreU(sum, df, sums);
}

template <typename T>
void widen(const T* x, int64_t count, float* y) {
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    if (n == lanes) {
      hn::StoreU(load(x + i), F32(), y + i);
    } else {  // the tail by way of a copy, so that nothing beyond is read
      HWY_ALIGN T values[lanes] = {};
      std::copy_n(x + i, n, values);
      hn::StoreU(load(values), F32(), y + i);
    }
  });
}

template <typename T>
void attend_blocks(const AttentionParams& params, const KvPages& pages, int kv_head, Item& item) {
  const int head_dim = pages.layout.head_dim, block_tokens = pages.layout.block_tokens;
  const auto rows = static_cast<int64_t>(item.rows.size());
  int64_t first = std::numeric_limits<int64_t>::max(), stop = 0;
  for (const Row& row : item.rows) {
    first = std::min(first, row.first_key);
    stop = std::max(stop, row.end_key);
  }
  const bool wide = sizeof(T) == 2 && rows > score_rows && head_dim <= 128;  // widen once for many rows
  const bool padded = item.dims != head_dim;
  for (int64_t block = first / kv_lanes * kv_lanes; block < stop; block += kv_lanes) {
    const int64_t page = block / block_tokens, token = block % block_tokens;
    const int64_t offset = (static_cast<int64_t>(kv_head) * block_tokens + token) * head_dim;
    const T* keys = static_cast<const T*>(pages.keys[page]) + offset;
    const T* values = static_cast<const T*>(pages.values[page]) + offset;
    // Keys that no row sees may never have been written.
    const auto begin = static_cast<int>(std::max<int64_t>(first - block, 0)),
               end = static_cast<int>(std::min<int64_t>(stop - block, kv_lanes));
    if (wide) {
      widen(keys, static_cast<int64_t>(head_dim) * kv_lanes, item.keys.data());
      score_rows_of(item.keys.data(), head_dim, item.q.data(), item.dims, rows, item.scores.data());
    } else {
      score_rows_of(keys, head_dim, item.q.data(), item.dims, rows, item.scores.data());
    }
    for (int64_t r = 0; r < rows; ++r) {
      update_row(params, block, item.dims, item.rows[static_cast<size_t>(r)], item.scores.data() + r * kv_lanes,
                 item.out.data() + r * item.dims, item.sums.data() + r * lanes);
    }
    if (wide || padded) {
      for (int key = begin; key < end; ++key) {
        widen(values + key * head_dim, head_dim, item.values.data() + key * item.dims);
      }
      weigh_rows_of(item.values.data(), item.dims, item.dims, item.scores.data(), begin, end, rows, item.out.data(),
                    item.dims);
    } else {
      weigh_rows_of(values, head_dim, head_dim, item.scores.data(), begin, end, rows, item.out.data(), item.dims);
    }
  }
}

// Sizes the buffers for queries [begin, end) of `heads` heads from first_head on, and copies q, scaled.
void start_item(const AttentionParams& params, const KvPages& pages, int64_t keys, const float* q, int64_t q_stride,
                int64_t first_position, int64_t begin, int64_t end, int first_head, int heads, Item& item) {
  const int head_dim = pages.layout.head_dim;
  const auto count = static_cast<size_t>((end - begin) * heads);
  item.dims = (head_dim + lanes - 1) / lanes * lanes;
  const auto dims = static_cast<size_t>(item.dims);
  item.rows.clear();
  item.q.resize(count * dims);
  item.scores.resize(count * kv_lanes);
  item.out.assign(count * dims, 0.0f);
  item.sums.assign(count * lanes, 0.0f);
  item.keys.resize(static_cast<size_t>(head_dim) * kv_lanes);
  item.values.resize(dims * kv_lanes);
  for (int64_t i = begin; i < end; ++i) {
    const int64_t position = first_position + i;
    for (int h = 0; h < heads; ++h) {
      const float* source = q + i * q_stride + (first_head + h) * head_dim;
      float* target = item.q.data() + item.rows.size() * dims;
      for_vectors(head_dim, [&](int64_t d, int n) HWY_ATTR {
        hn::StoreU(hn::Mul(load_some(source + d, n), constant(params.scale)), F32(), target + d);
      });
      item.rows.push_back({params.window > 0 ? std::max<int64_t>(0, position + 1 - params.window) : 0,
                           params.causal ? std::min(position + 1, keys) : keys, minus_infinity});
    }
  }
}

void finish_row(const Item& item, int64_t r, int head_dim, float* y) {
  const F32 df;
  const float sum = hn::GetLane(hn::SumOfLanes(df, hn::LoadU(df, item.sums.data() + r * lanes)));
  const VF inverse = constant(sum > 0 ? 1.0f / sum : 0.0f);
  const float* out = item.out.data() + r * item.dims;
  for_vectors(head_dim,
              [&](int64_t d, int n) HWY_ATTR { store_some(hn::Mul(hn::LoadU(df, out + d), inverse), y + d, n); });
}

void attend_items(const AttentionParams& params, const KvPages& pages, int64_t keys, const float* q, int64_t q_stride,
                  int64_t queries, int64_t first_position, int64_t item_begin, int64_t item_end, float* y,
                  int64_t y_stride) {
  static thread_local Item item;
  const AttentionItems items = attention_items_of(params, pages.layout, queries);
  const int head_dim = pages.layout.head_dim, group = params.heads / pages.layout.kv_heads;
  for (int64_t index = item_begin; index < item_end; ++index) {
    const int64_t query_tile = items.query_tiles - 1 - index / items.head_tiles;  // the longest first
    const int first_head = static_cast<int>(index % items.head_tiles) * items.heads;
    const int64_t begin = query_tile * items.queries, end = std::min(begin + items.queries, queries);
    start_item(params, pages, keys, q, q_stride, first_position, begin, end, first_head, items.heads, item);
    if (pages.layout.type == DType::f32) {
      attend_blocks<float>(params, pages, first_head / group, item);
    } else {
      attend_blocks<hwy::float16_t>(params, pages, first_head / group, item);
    }
    for (int64_t r = 0; r < static_cast<int64_t>(item.rows.size()); ++r) {
      const int64_t query = begin + r / items.heads, head = first_head + r % items.heads;
      finish_row(item, r, head_dim, y + query * y_stride + head * head_dim);
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(attend_items);

int64_t attention_items(const AttentionParams& params, const KvLayout& layout, int64_t queries) {
  return queries == 0 ? 0 : attention_items_of(params, layout, queries).count();
}

void attention(const AttentionParams& params, const KvPages& pages, int64_t keys, const float* q, int64_t q_stride,
               int64_t queries, int64_t first_position, int64_t item_begin, int64_t item_end, float* y,
               int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(attend_items)
  (params, pages, keys, q, q_stride, queries, first_position, item_begin, item_end, y, y_stride);
}

}  // namespace diptych::kernels::cpu
#endif
