// Attention with online softmax (Milakov & Gimelshein 2018; Dao et al. 2022) over blocks of 32 keys.
//
// An item's rows are (query, head) pairs of one kv head. Blocks begin at multiples of 32 keys and a row takes nothing
// from a block of which it sees no key, so its result does not depend on the other rows.
#include "kernels/cpu/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
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

// Scores may exceed the level that weights are relative to by this much before the level is raised: e^8 is far from
// overflow, and blocks after the first seldom need the maximum itself.
constexpr float headroom = 8;

struct Row {
  int64_t first_key, end_key;  // of those that it sees
  float level;                 // weights are e^(score - level)
  const float* bias;           // of key 0, or null
};

// The state of one item; buffers are kept by the thread.
struct Item {
  std::vector<Row> rows;
  std::vector<float> q, scores, out, sums;  // rows of `dims`, 32, `dims` and `lanes` floats
  std::vector<float> scratch;
  int dims = 0;  // head_dim rounded up to a multiple of the lanes
};

HWY_NOINLINE void cap_scores(float cap, int64_t rows, float* scores) {
  const VF inverse = constant(1.0f / cap), factor = constant(cap);
  for (int64_t i = 0; i < rows * kv_lanes; i += lanes) {
    hn::StoreU(hn::Mul(factor, tanh(hn::Mul(hn::LoadU(F32(), scores + i), inverse))), F32(), scores + i);
  }
}

// Adds to each row's scores of keys [block, block + 32) what belongs to the keys that it sees.
HWY_NOINLINE void add_bias(int64_t block, std::span<const Row> rows, float* scores) {
  for (size_t r = 0; r < rows.size(); ++r) {
    const int64_t begin = std::max(rows[r].first_key, block), end = std::min(rows[r].end_key, block + kv_lanes);
    const float* bias = rows[r].bias;
    float* p = scores + static_cast<int64_t>(r) * kv_lanes - block;
    for (int64_t key = begin; key < end; ++key) p[key] += bias[key];
  }
}

// Raises a row's level to its largest score and scales what is summed so far.
HWY_NOINLINE void raise_level(VF peak, int dims, Row& row, float* out, float* sums) {
  const F32 df;
  const float largest = hn::GetLane(hn::MaxOfLanes(df, peak));
  const VF shrink = exp(constant(row.level - largest));  // 0 for the first block
  hn::StoreU(hn::Mul(hn::LoadU(df, sums), shrink), df, sums);
  for (int d = 0; d < dims; d += lanes) hn::StoreU(hn::Mul(hn::LoadU(df, out + d), shrink), df, out + d);
  row.level = largest;
}

// Turns a row's scores of keys [block, block + 32) into weights.
HWY_INLINE void weights_of_row(int64_t block, int dims, Row& row, float* p, float* out, float* sums) {
  const F32 df;
  constexpr int vectors = kv_lanes / lanes;
  if (row.first_key > block || row.end_key < block + kv_lanes) {
    const auto begin = static_cast<int>(std::clamp<int64_t>(row.first_key - block, 0, kv_lanes)),
               end = static_cast<int>(std::clamp<int64_t>(row.end_key - block, 0, kv_lanes));
    if (begin >= end) {
      std::fill(p, p + kv_lanes, 0.0f);
      return;
    }
    std::fill(p, p + begin, minus_infinity);
    std::fill(p + end, p + kv_lanes, minus_infinity);
  }
  VF scores[vectors];
  DIPTYCH_UNROLL
  for (int v = 0; v < vectors; ++v) scores[v] = hn::LoadU(df, p + v * lanes);
  VF peak = scores[0];
  DIPTYCH_UNROLL
  for (int v = 1; v < vectors; ++v) peak = hn::Max(peak, scores[v]);
  if (!hn::AllFalse(df, hn::Gt(peak, constant(row.level + headroom)))) raise_level(peak, dims, row, out, sums);
  const VF level = constant(row.level);
  VF sum = hn::LoadU(df, sums);
  DIPTYCH_UNROLL
  for (int v = 0; v < vectors; ++v) {
    const VF weight = exp_below_overflow(hn::Sub(scores[v], level));  // at most e^headroom
    hn::StoreU(weight, df, p + v * lanes);
    sum = hn::Add(sum, weight);
  }
  hn::StoreU(sum, df, sums);
}

// The rows that see any key of [block, block + 32): what a row sees moves on from query to query.
struct RowRange {
  int64_t begin, end;
};

HWY_INLINE void pass_over(const std::vector<Row>& rows, int64_t block, RowRange& range) {
  const auto count = static_cast<int64_t>(rows.size());
  while (range.begin < count && rows[static_cast<size_t>(range.begin)].end_key <= block) ++range.begin;
  while (range.end < count && rows[static_cast<size_t>(range.end)].first_key < block + kv_lanes) ++range.end;
}

template <typename T>
void attend_blocks(const AttentionParams& params, const KvPages& pages, int kv_head, Item& item) {
  const int head_dim = pages.layout.head_dim, block_tokens = pages.layout.block_tokens;
  const int64_t first = item.rows.front().first_key, stop = item.rows.back().end_key;
  float* scratch = item.scratch.data();
  RowRange range{0, 0};
  for (int64_t block = first / kv_lanes * kv_lanes; block < stop; block += kv_lanes) {
    const int64_t page = block / block_tokens, token = block % block_tokens;
    const int64_t offset = (static_cast<int64_t>(kv_head) * block_tokens + token) * head_dim;
    const T* keys = static_cast<const T*>(pages.keys[page]) + offset;
    const T* values = static_cast<const T*>(pages.values[page]) + offset;
    // Keys that no row sees may never have been written.
    const auto begin = static_cast<int>(std::max<int64_t>(first - block, 0)),
               end = static_cast<int>(std::min<int64_t>(stop - block, kv_lanes));
    pass_over(item.rows, block, range);
    const int64_t rows = range.end - range.begin;
    const bool widens = sizeof(T) == 2 && rows >= score_rows;
    const std::span<Row> some(item.rows.data() + range.begin, static_cast<size_t>(rows));
    float* q = item.q.data() + range.begin * item.dims;
    float* out = item.out.data() + range.begin * item.dims;
    float* sums = item.sums.data() + range.begin * lanes;
    float* scores = item.scores.data();
    if (widens) {
      score_widened(keys, head_dim, q, item.dims, rows, scratch, scores);
    } else {
      score_rows_of(keys, head_dim, q, item.dims, rows, false, scores);
    }
    if (params.logit_softcap > 0) cap_scores(params.logit_softcap, rows, scores);
    if (params.bias != nullptr) add_bias(block, some, scores);
    for (int64_t r = 0; r < rows; ++r) {
      weights_of_row(block, item.dims, some[static_cast<size_t>(r)], scores + r * kv_lanes, out + r * item.dims,
                     sums + r * lanes);
    }
    if (widens || item.dims != head_dim) {
      weigh_widened(values, head_dim, scores, begin, end, rows, scratch, out, item.dims);
    } else {
      weigh_directly(values, head_dim, scores, begin, end, rows, out, item.dims);
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
  item.scratch.resize(scratch_floats);
  for (int64_t i = begin; i < end; ++i) {
    const int64_t position = first_position + i;
    for (int h = 0; h < heads; ++h) {
      const float* source = q + i * q_stride + (first_head + h) * head_dim;
      float* target = item.q.data() + item.rows.size() * dims;
      for_vectors(head_dim, [&](int64_t d, int n) HWY_ATTR {
        hn::StoreU(hn::Mul(load_some(source + d, n), constant(params.scale)), F32(), target + d);
      });
      const int64_t table = (first_head + h) * (2 * params.bias_reach + 1);
      item.rows.push_back({params.window > 0 ? std::max<int64_t>(0, position + 1 - params.window) : 0,
                           params.causal ? std::min(position + 1, keys) : keys, minus_infinity,
                           params.bias == nullptr ? nullptr : params.bias + table + params.bias_reach - position});
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
