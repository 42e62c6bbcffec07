// Products of matrices that are in the caches already: c += a b, with a read value by value in any order of its axes
// and b by vectors of its rows. What the backward of attention is made of.
#if defined(DIPTYCH_SMALL_PRODUCT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_SMALL_PRODUCT_INL_H
#undef DIPTYCH_SMALL_PRODUCT_INL_H
#else
#define DIPTYCH_SMALL_PRODUCT_INL_H
#endif

#include <algorithm>
#include <type_traits>

#include "kernels/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// Value (i, k) stands at data[i * row + k * column].
struct Factor {
  const float* data;
  int64_t row, column;
};

constexpr int product_rows = lanes == 16 ? 12 : lanes == 8 ? 6 : 2;
constexpr int product_vectors = 2;

// Rows [0, kRows) and kVectors vectors of columns, the last of `count` values.
template <int kRows, int kVectors>
HWY_INLINE void add_product_tile(Factor a, const float* b, int64_t b_stride, int64_t depth, int count, float* c,
                                 int64_t c_stride) {
  VF sums[kRows * kVectors];
  DIPTYCH_UNROLL
  for (int i = 0; i < kRows * kVectors; ++i) sums[i] = hn::Zero(F32());
  const bool whole = count == lanes;
  for (int64_t k = 0; k < depth; ++k) {
    VF values[kVectors];
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const float* place = b + k * b_stride + v * lanes;
      values[v] = v < kVectors - 1 || whole ? hn::LoadU(F32(), place) : load_some(place, count);
    }
    DIPTYCH_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const VF factor = hn::Set(F32(), a.data[i * a.row + k * a.column]);
      DIPTYCH_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        sums[i * kVectors + v] = hn::MulAdd(factor, values[v], sums[i * kVectors + v]);
      }
    }
  }
  DIPTYCH_UNROLL
  for (int i = 0; i < kRows * kVectors; ++i) {
    float* place = c + i / kVectors * c_stride + i % kVectors * lanes;
    const int n = i % kVectors < kVectors - 1 ? lanes : count;
    store_some(hn::Add(load_some(place, n), sums[i]), place, n);
  }
}

template <int kVectors>
HWY_INLINE void add_product_columns(Factor a, const float* b, int64_t b_stride, int64_t rows, int64_t depth, int count,
                                    float* c, int64_t c_stride) {
  int64_t i = 0;
  const auto some = [&](auto of) HWY_ATTR {
    constexpr int n = decltype(of)::value;
    for (; i + n <= rows; i += n) {
      add_product_tile<n, kVectors>({a.data + i * a.row, a.row, a.column}, b, b_stride, depth, count, c + i * c_stride,
                                    c_stride);
    }
  };
  some(std::integral_constant<int, product_rows>());
  if constexpr (product_rows > 3) some(std::integral_constant<int, 3>());
  some(std::integral_constant<int, 1>());
}

// c [rows, columns] += a [rows, depth] b [depth, columns]
HWY_NOINLINE inline void add_small_product(Factor a, const float* b, int64_t b_stride, int64_t rows, int64_t columns,
                                           int64_t depth, float* c, int64_t c_stride) {
  int64_t j = 0;
  for (; j + product_vectors * lanes <= columns; j += product_vectors * lanes) {
    add_product_columns<product_vectors>(a, b + j, b_stride, rows, depth, lanes, c + j, c_stride);
  }
  for (; j < columns; j += lanes) {
    const int count = static_cast<int>(std::min<int64_t>(lanes, columns - j));
    add_product_columns<1>(a, b + j, b_stride, rows, depth, count, c + j, c_stride);
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_SMALL_PRODUCT_INL_H
