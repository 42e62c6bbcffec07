// The inner product of f32 activations with f32, f16 or bf16 weights, for the target being compiled: a run of columns,
// some rows, some tokens.
#if defined(DIPTYCH_MATMUL_PLAIN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_MATMUL_PLAIN_INL_H
#undef DIPTYCH_MATMUL_PLAIN_INL_H
#else
#define DIPTYCH_MATMUL_PLAIN_INL_H
#endif

#include <algorithm>
#include <type_traits>

#include "hwy/cache_control.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t run = 512;
constexpr int64_t group_rows = 128;                          // whose weights of a run stay in the second-level cache
constexpr int wide = lanes == 16 ? 12 : lanes == 8 ? 6 : 2;  // tokens of a panel
constexpr int64_t long_run = 256;                            // fetches its results on the way
constexpr int64_t line = 64 / sizeof(float);                 // of the caches

// A run's columns of the activations, as they are or regrouped. A distance between tokens that the compiler knows saves
// a register for each of them.
struct Rows {
  const float* first;
  int64_t stride;  // values from token to token
  static constexpr int64_t together = run;

  Rows(const float* x, int64_t token_stride, int64_t col) : first(x + col), stride(token_stride) {}
  HWY_INLINE const float* at(int64_t token, int64_t col) const { return first + token * stride + col; }
};
struct RegroupedRows {
  const float* first;
  int64_t group;  // values from 64 columns to the next
  static constexpr int64_t stride = regrouped_columns, together = line;

  RegroupedRows(const float* x, int64_t group_stride, int64_t col)
      : first(x + col / regrouped_columns * group_stride), group(group_stride) {}
  HWY_INLINE const float* at(int64_t token, int64_t col) const {
    return first + token * stride + col / regrouped_columns * group + col % regrouped_columns;
  }
};

// Tokens of the next panel that some rows fetch in advance: all at once would fill the buffers for what is awaited.
struct Share {
  int64_t first, tokens;
};

// A run of columns of some rows of the weights.
template <typename T>
struct Weights {
  const T* first;
  int64_t tile_stride, columns;
};

// Where the sums of a run go. The place is a type of its own for each kind of product: what a run does at its end costs
// 2 % of the plain product when it is decided anew for every sum.
struct Result {
  float* y;  // [tokens][rows], y_stride apart
  int64_t y_stride, row_end;
  bool begins;        // y is set, with the bias, in place of being added to
  const float* bias;  // or null

  template <int kVectors>
  HWY_INLINE void fetch(int64_t row, int64_t token, int64_t token_end) const {
    for (const float* some = y + token * y_stride + row; token < token_end; ++token, some += y_stride) {
      for (int v = 0; v < kVectors * lanes; v += line) hwy::Prefetch(some + v);
    }
  }

  template <int kVectors, int kTokens>
  HWY_INLINE void put(const VF* sums, int64_t row, int64_t token) const {
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const int64_t first = row + v * lanes;
      const int count = static_cast<int>(std::clamp<int64_t>(row_end - first, 0, lanes));
      VF start = hn::Zero(F32());
      if (begins && bias != nullptr) start = load_some(bias + first, count);
      DIPTYCH_UNROLL
      for (int t = 0; t < kTokens; ++t) {
        float* some = y + (token + t) * y_stride + first;
        const VF before = begins ? start : load_some(some, count);
        store_some(hn::Add(before, sums[t * kVectors + v]), some, count);
      }
    }
  }
};

// kVectors vectors of rows from `row` on, `stride` values apart, for kTokens tokens. What the sums are added to is
// fetched while they are made, some with each line of the activations: all at once would have to wait for each other.
template <typename T, int kVectors, int kTokens, typename X, typename Y>
HWY_INLINE void add_run(const T* w, int64_t stride, int64_t columns, const X& x, [[maybe_unused]] Share share,
                        const Y& result, int64_t row, int64_t token) {
  const F32 df;
  VF sums[kTokens * kVectors];
  DIPTYCH_UNROLL
  for (int i = 0; i < kTokens * kVectors; ++i) sums[i] = hn::Zero(df);
  const int64_t steps = (columns + X::together - 1) / X::together,
                fetched = columns >= long_run ? (kTokens + steps - 1) / steps : 0;
  for (int64_t first = 0, at = 0; first < columns; first += X::together, at += fetched) {
    result.template fetch<kVectors>(row, token + at, token + std::min<int64_t>(kTokens, at + fetched));
    const float* some = x.at(token, first);
    if constexpr (X::together == line) {
      const float* ahead = some + (kTokens + share.first) * x.stride;
      for (int64_t i = 0; i < share.tokens; ++i) hwy::Prefetch(ahead + i * x.stride);
    }
    const int64_t count = std::min(X::together, columns - first);
    for (int64_t c = 0; c < count; ++c, w += tile) {
      VF weights[kVectors];
      DIPTYCH_UNROLL
      for (int v = 0; v < kVectors; ++v) weights[v] = load(w + v * stride);
      DIPTYCH_UNROLL
      for (int t = 0; t < kTokens; ++t) {
        const VF value = hn::Set(df, some[t * x.stride + c]);
        DIPTYCH_UNROLL
        for (int v = 0; v < kVectors; ++v) {
          sums[t * kVectors + v] = hn::MulAdd(weights[v], value, sums[t * kVectors + v]);
        }
      }
    }
  }
  result.template put<kVectors, kTokens>(sums, row, token);
}

// Rows [begin, end) for kTokens tokens: two tiles at a time where a tile is one vector, else a tile.
template <typename T, int kTokens, typename X, typename Y>
HWY_NOINLINE void panel(const Weights<T>& weights, const X& x, const Y& result, int64_t begin, int64_t end,
                        int64_t token) {
  constexpr int vectors = lanes == tile ? 2 : static_cast<int>(tile) / lanes;
  constexpr int64_t step = vectors * lanes;
  const int64_t stride = lanes == tile ? weights.tile_stride : lanes;
  const int64_t steps = (end - begin + step - 1) / step, share = (kTokens + steps - 1) / steps;
  const T* w = weights.first;
  int64_t row = begin, first = 0;
  for (; row + step - tile < end; row += step, first += share, w += step / tile * weights.tile_stride) {
    add_run<T, vectors, kTokens>(w, stride, weights.columns, x, {first, share}, result, row, token);
  }
  if constexpr (step > tile) {
    if (row < end) add_run<T, 1, kTokens>(w, stride, weights.columns, x, {first, share}, result, row, token);
  }
}

template <typename T, typename X, typename Y>
void all_tokens(const Weights<T>& weights, const X& x, int64_t tokens, const Y& result, int64_t begin, int64_t end) {
  int64_t token = 0;
  const auto some = [&](auto count) {
    constexpr int n = decltype(count)::value;
    for (; token + n <= tokens; token += n) panel<T, n>(weights, x, result, begin, end, token);
  };
  some(std::integral_constant<int, wide>());
  if constexpr (wide > 8) some(std::integral_constant<int, 8>());
  if constexpr (wide > 4) some(std::integral_constant<int, 4>());
  some(std::integral_constant<int, 1>());
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_MATMUL_PLAIN_INL_H
