// f32, f16 and bf16 weights, widened on load, times f32 activations.
//
// Columns are summed in ascending order in runs of 512, and the runs one after the other into the result: one chain of
// multiply-adds per output, whatever the number of tokens, with short runs for accuracy and for the caches.
#include <algorithm>
#include <vector>

#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/matmul_plain.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t run = 512;
constexpr int64_t widened_rows = 128;
constexpr int wide = lanes == 16 ? 12 : lanes == 8 ? 6 : 2;  // tokens of a panel

// Columns [col, end) of kVectors vectors of rows, `stride` values apart, for kTokens tokens; results from y + row on.
template <typename T, int kVectors, int kTokens>
HWY_INLINE void add_run(const T* w, int64_t stride, const MatmulRange& range, int64_t row, int64_t token, int64_t col,
                        int64_t end) {
  const F32 df;
  const float* x = reinterpret_cast<const float*>(range.x) + token * range.x_stride;
  const int64_t x_stride = range.x_stride;
  VF sums[kTokens * kVectors];
  DIPTYCH_UNROLL
  for (int i = 0; i < kTokens * kVectors; ++i) sums[i] = hn::Zero(df);
  for (int64_t c = col; c < end; ++c) {
    VF weights[kVectors];
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) weights[v] = load(w + v * stride + c * tile);
    DIPTYCH_UNROLL
    for (int t = 0; t < kTokens; ++t) {
      const VF value = hn::Set(df, x[t * x_stride + c]);
      DIPTYCH_UNROLL
      for (int v = 0; v < kVectors; ++v) sums[t * kVectors + v] = hn::MulAdd(weights[v], value, sums[t * kVectors + v]);
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

// Rows [begin, end) in steps of kVectors vectors, which are `stride` values apart in `packed`.
template <typename T, int kVectors, int kTokens>
HWY_NOINLINE void panel(const MatmulRange& range, int64_t begin, int64_t end, int64_t token) {
  const auto* packed = reinterpret_cast<const T*>(range.packed);
  const int64_t stride = lanes == tile ? tile * range.cols : lanes;
  for (int64_t col = 0; col < range.cols; col += run) {
    const int64_t stop = std::min(col + run, range.cols);
    for (int64_t row = begin; row < end; row += kVectors * lanes) {
      const T* w = packed + row / tile * tile * range.cols + row % tile;
      add_run<T, kVectors, kTokens>(w, stride, range, row, token, col, stop);
    }
  }
}

// All rows for kTokens tokens: two tiles at a time where a tile is one vector, else a tile.
template <typename T, int kTokens>
void all_rows(const MatmulRange& range, int64_t token) {
  constexpr int vectors = lanes == tile ? 2 : static_cast<int>(tile) / lanes;
  const int64_t padded = (range.row_end - range.row_begin + tile - 1) / tile * tile;
  const int64_t middle = range.row_begin + padded / (vectors * lanes) * (vectors * lanes);
  panel<T, vectors, kTokens>(range, range.row_begin, middle, token);
  if constexpr (lanes == tile) panel<T, 1, kTokens>(range, middle, range.row_begin + padded, token);
}

template <typename T>
void all_tokens(const MatmulRange& range) {
  int64_t token = 0;
  for (; token + wide <= range.tokens; token += wide) all_rows<T, wide>(range, token);
  if constexpr (wide > 4) {
    for (; token + 4 <= range.tokens; token += 4) all_rows<T, 4>(range, token);
  }
  for (; token < range.tokens; ++token) all_rows<T, 1>(range, token);
}

// Many tokens: the weights of some tiles and a run of columns are widened once, in place of once for each panel. They
// stay in the second-level cache. The same products in the same order.
template <typename T>
void all_tokens_widened(const MatmulRange& range) {
  if (range.tokens < 4 * wide) return all_tokens<T>(range);
  static thread_local std::vector<float> widened(static_cast<size_t>(widened_rows * run));
  for (int64_t row = range.row_begin; row < range.row_end; row += widened_rows) {
    MatmulRange part = range;
    part.packed = reinterpret_cast<const std::byte*>(widened.data());
    part.row_begin = 0;
    part.row_end = std::min(widened_rows, range.row_end - row);
    part.y = range.y + row;
    if (range.bias != nullptr) part.bias = range.bias + row;
    for (int64_t col = 0; col < range.cols; col += run) {
      part.cols = std::min(run, range.cols - col);
      part.x = range.x + static_cast<size_t>(col) * sizeof(float);
      part.accumulate = range.accumulate || col > 0;
      for (int64_t first = 0; first < part.row_end; first += tile) {
        const T* w = reinterpret_cast<const T*>(range.packed) + (row + first) * range.cols + col * tile;
        float* to = widened.data() + first * part.cols;
        for (int64_t i = 0; i < tile * part.cols; i += lanes) hn::StoreU(load(w + i), F32(), to + i);
      }
      all_tokens<float>(part);
    }
  }
}

void multiply_plain(DType type, const MatmulRange& range) {
  if (type == DType::f32) {
    all_tokens<float>(range);
  } else if (type == DType::f16) {
    all_tokens_widened<hwy::float16_t>(range);
  } else {
    all_tokens_widened<hwy::bfloat16_t>(range);
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(multiply_plain);

void matmul_plain(DType type, const MatmulRange& range) {
  HWY_DYNAMIC_DISPATCH(multiply_plain)(type, range);
}

}  // namespace diptych::kernels::cpu
#endif
