// f32, f16 and bf16 weights, widened on load, times f32 activations.
//
// Columns are summed in ascending order in runs of 512, and the runs one after the other into the result: one chain of
// multiply-adds per output, whatever the number of tokens, with short runs for accuracy and for the caches.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "kernels/cpu/matmul.h"
#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/matmul_plain.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t run = 512;
constexpr int64_t group_rows = 128;                          // whose weights of a run stay in the second-level cache
constexpr int wide = lanes == 16 ? 12 : lanes == 8 ? 6 : 2;  // tokens of a panel
constexpr int64_t long_run = 256;                            // fetches its results in advance
constexpr int64_t line = 64 / sizeof(float);                 // of the caches

// A run's columns of the activations, as they are or regrouped. A distance between tokens that the compiler knows saves
// a register for each of them.
struct Rows {
  const float* first;
  int64_t stride;  // values from token to token
  static constexpr int64_t together = run;

  Rows(const MatmulRange& range, int64_t col)
      : first(reinterpret_cast<const float*>(range.x) + col), stride(range.x_stride) {}
  HWY_INLINE const float* at(int64_t token, int64_t col) const { return first + token * stride + col; }
};
struct RegroupedRows {
  const float* first;
  int64_t group;  // values from 64 columns to the next
  static constexpr int64_t stride = regrouped_columns, together = line;

  RegroupedRows(const MatmulRange& range, int64_t col)
      : first(reinterpret_cast<const float*>(range.x) + col / regrouped_columns * range.x_group),
        group(range.x_group) {}
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

// kVectors vectors of rows from `row` on, `stride` values apart, for kTokens tokens; the run begins at column `col`.
template <typename T, int kVectors, int kTokens, typename X>
HWY_INLINE void add_run(const T* w, int64_t stride, int64_t columns, const X& x, [[maybe_unused]] Share share,
                        const MatmulRange& range, int64_t row, int64_t token, int64_t col) {
  const F32 df;
  VF sums[kTokens * kVectors];
  DIPTYCH_UNROLL
  for (int i = 0; i < kTokens * kVectors; ++i) sums[i] = hn::Zero(df);
  if (columns >= long_run) {  // what they are added to
    for (int t = 0; t < kTokens; ++t) {
      float* y = range.y + (token + t) * range.y_stride + row;
      for (int v = 0; v < kVectors * lanes; v += line) hwy::Prefetch(y + v);
    }
  }
  for (int64_t first = 0; first < columns; first += X::together) {
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
  DIPTYCH_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const int64_t first = row + v * lanes;
    const int count = static_cast<int>(std::clamp<int64_t>(range.row_end - first, 0, lanes));
    VF bias = hn::Zero(df);
    if (col == 0 && range.bias != nullptr) bias = load_some(range.bias + first, count);
    DIPTYCH_UNROLL
    for (int t = 0; t < kTokens; ++t) {
      float* y = range.y + (token + t) * range.y_stride + first;
      const VF before = col == 0 && !range.accumulate ? bias : load_some(y, count);
      store_some(hn::Add(before, sums[t * kVectors + v]), y, count);
    }
  }
}

// Rows [begin, end) for kTokens tokens: two tiles at a time where a tile is one vector, else a tile.
template <typename T, int kTokens, typename X>
HWY_NOINLINE void panel(const Weights<T>& weights, const X& x, const MatmulRange& range, int64_t begin, int64_t end,
                        int64_t token, int64_t col) {
  constexpr int vectors = lanes == tile ? 2 : static_cast<int>(tile) / lanes;
  constexpr int64_t step = vectors * lanes;
  const int64_t stride = lanes == tile ? weights.tile_stride : lanes;
  const int64_t steps = (end - begin + step - 1) / step, share = (kTokens + steps - 1) / steps;
  const T* w = weights.first;
  int64_t row = begin, first = 0;
  for (; row + step - tile < end; row += step, first += share, w += step / tile * weights.tile_stride) {
    add_run<T, vectors, kTokens>(w, stride, weights.columns, x, {first, share}, range, row, token, col);
  }
  if constexpr (step > tile) {
    if (row < end) add_run<T, 1, kTokens>(w, stride, weights.columns, x, {first, share}, range, row, token, col);
  }
}

template <typename T, typename X>
void all_tokens(const Weights<T>& weights, const MatmulRange& range, int64_t begin, int64_t end, int64_t col) {
  const X x(range, col);
  int64_t token = 0;
  const auto some = [&](auto count) {
    constexpr int n = decltype(count)::value;
    for (; token + n <= range.tokens; token += n) panel<T, n>(weights, x, range, begin, end, token, col);
  };
  some(std::integral_constant<int, wide>());
  if constexpr (wide > 4) some(std::integral_constant<int, 4>());
  some(std::integral_constant<int, 1>());
}

// Many tokens: 16-bit weights are widened once, in place of once for each panel. The same products in the same order.
template <typename T, typename X>
void all_rows(const MatmulRange& range) {
  const bool widens = sizeof(T) < sizeof(float) && range.tokens >= 4 * wide;
  static thread_local std::vector<float> widened;
  if (widens) widened.resize(static_cast<size_t>(group_rows * run));
  for (int64_t row = range.row_begin; row < range.row_end; row += group_rows) {
    const int64_t end = std::min(row + group_rows, range.row_end);
    for (int64_t col = 0; col < range.cols; col += run) {
      const int64_t columns = std::min(run, range.cols - col);
      const T* w = reinterpret_cast<const T*>(range.packed) + row * range.cols + col * tile;
      if (!widens) {
        all_tokens<T, X>({w, tile * range.cols, columns}, range, row, end, col);
        continue;
      }
      float* to = widened.data();
      for (int64_t first = row; first < end; first += tile, w += tile * range.cols, to += tile * columns) {
        for (int64_t i = 0; i < tile * columns; i += lanes) hn::StoreU(load(w + i), F32(), to + i);
      }
      all_tokens<float, X>({widened.data(), tile * columns, columns}, range, row, end, col);
    }
  }
}

template <typename T>
void multiply_as(const MatmulRange& range) {
  if (range.x_group > 0) {
    all_rows<T, RegroupedRows>(range);
  } else {
    all_rows<T, Rows>(range);
  }
}

void multiply_plain(DType type, const MatmulRange& range) {
  if (type == DType::f32) {
    multiply_as<float>(range);
  } else if (type == DType::f16) {
    multiply_as<hwy::float16_t>(range);
  } else {
    multiply_as<hwy::bfloat16_t>(range);
  }
}

bool has_wide_panels() {
  return wide > 8;
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(multiply_plain);
HWY_EXPORT(has_wide_panels);

void matmul_plain(DType type, const MatmulRange& range) {
  HWY_DYNAMIC_DISPATCH(multiply_plain)(type, range);
}

bool pays_regrouping(int64_t tokens, int64_t rows) {
  return tokens >= (HWY_DYNAMIC_DISPATCH(has_wide_panels)() ? 48 : 1024) && rows >= 256;
}

}  // namespace diptych::kernels::cpu
#endif
