// The two products of attention for a block of 32 keys and some rows: scores = q k^T, out += p v.
#if defined(DIPTYCH_ATTENTION_BLOCK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_ATTENTION_BLOCK_INL_H
#undef DIPTYCH_ATTENTION_BLOCK_INL_H
#else
#define DIPTYCH_ATTENTION_BLOCK_INL_H
#endif

#include <algorithm>
#include <type_traits>

#include "kernels/cpu/attention.h"
#include "kernels/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// Rows that are computed together: as many as leave their sums in registers, of which 512-bit targets have 32.
constexpr int score_rows = lanes == 16 ? 12 : lanes == 8 ? 6 : 4;
constexpr int value_rows = lanes == 4 ? 2 : 6;
constexpr int value_vectors = lanes == 8 ? 2 : 4;  // of dimensions that are summed together
constexpr int key_chunk = 128;                     // dimensions of keys that are widened together
constexpr size_t scratch_floats = size_t{kv_lanes} * key_chunk;

// `count` values to f32; a tail is filled up to the lanes with zeros.
template <typename T>
HWY_INLINE void widen(const T* x, int64_t count, float* y) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(load(x + i), F32(), y + i);
  if (i < count) {  // by way of a copy, so that nothing beyond is read
    HWY_ALIGN T values[lanes] = {};
    std::copy_n(x + i, count - i, values);
    hn::StoreU(load(values), F32(), y + i);
  }
}

// scores[r * 32 + key] (+)= sum over `dims` dimensions, in order, for kRows rows of q; keys [dims][32].
template <int kRows, typename T>
HWY_INLINE void score_some(const T* keys, int dims, const float* q, int64_t q_stride, bool add, float* scores) {
  constexpr int vectors = 2;
  const F32 df;
  for (int first = 0; first < kv_lanes; first += vectors * lanes) {
    VF sums[kRows * vectors];
    DIPTYCH_UNROLL
    for (int i = 0; i < kRows * vectors; ++i) {
      const float* before = scores + i / vectors * kv_lanes + first + i % vectors * lanes;
      sums[i] = add ? hn::LoadU(df, before) : hn::Zero(df);
    }
    for (int d = 0; d < dims; ++d) {
      VF k[vectors];
      DIPTYCH_UNROLL
      for (int v = 0; v < vectors; ++v) k[v] = load(keys + d * kv_lanes + first + v * lanes);
      DIPTYCH_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const VF value = hn::Set(df, q[r * q_stride + d]);
        DIPTYCH_UNROLL
        for (int v = 0; v < vectors; ++v) sums[r * vectors + v] = hn::MulAdd(value, k[v], sums[r * vectors + v]);
      }
    }
    DIPTYCH_UNROLL
    for (int i = 0; i < kRows * vectors; ++i) {
      hn::StoreU(sums[i], df, scores + i / vectors * kv_lanes + first + i % vectors * lanes);
    }
  }
}

template <typename T>
HWY_NOINLINE void score_rows_of(const T* keys, int dims, const float* q, int64_t q_stride, int64_t rows, bool add,
                                float* scores) {
  int64_t r = 0;
  const auto some = [&](auto count) HWY_ATTR {
    constexpr int n = decltype(count)::value;
    for (; r + n <= rows; r += n) score_some<n>(keys, dims, q + r * q_stride, q_stride, add, scores + r * kv_lanes);
  };
  some(std::integral_constant<int, score_rows>());
  if constexpr (score_rows > 4) some(std::integral_constant<int, 4>());
  some(std::integral_constant<int, 2>());
  some(std::integral_constant<int, 1>());
}

// Scores of all rows, keys widened in chunks that stay in the first-level cache.
template <typename T>
HWY_INLINE void score_widened(const T* keys, int head_dim, const float* q, int64_t q_stride, int64_t rows,
                              float* scratch, float* scores) {
  for (int d = 0; d < head_dim; d += key_chunk) {
    const int dims = std::min(key_chunk, head_dim - d);
    widen(keys + d * kv_lanes, int64_t{dims} * kv_lanes, scratch);
    score_rows_of(scratch, dims, q + d, q_stride, rows, d > 0, scores);
  }
}

// out[r][…] += sum over keys [begin, end), in order, of p[r * 32 + key] * values[key][…], for kVectors vectors.
template <int kRows, int kVectors, typename T>
HWY_INLINE void weigh_some(const T* values, int64_t v_stride, const float* p, int begin, int end, float* out,
                           int64_t out_stride) {
  const F32 df;
  VF sums[kRows * kVectors];
  DIPTYCH_UNROLL
  for (int i = 0; i < kRows * kVectors; ++i) {
    sums[i] = hn::LoadU(df, out + i / kVectors * out_stride + i % kVectors * lanes);
  }
  for (int key = begin; key < end; ++key) {
    VF value[kVectors];
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) value[v] = load(values + key * v_stride + v * lanes);
    DIPTYCH_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const VF weight = hn::Set(df, p[r * kv_lanes + key]);
      DIPTYCH_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        sums[r * kVectors + v] = hn::MulAdd(weight, value[v], sums[r * kVectors + v]);
      }
    }
  }
  DIPTYCH_UNROLL
  for (int i = 0; i < kRows * kVectors; ++i) {
    hn::StoreU(sums[i], df, out + i / kVectors * out_stride + i % kVectors * lanes);
  }
}

template <int kVectors, typename T>
HWY_NOINLINE void weigh_rows_of(const T* values, int64_t v_stride, const float* p, int begin, int end, int64_t rows,
                                float* out, int64_t out_stride) {
  int64_t r = 0;
  const auto some = [&](auto count) HWY_ATTR {
    constexpr int n = decltype(count)::value;
    for (; r + n <= rows; r += n) {
      weigh_some<n, kVectors>(values, v_stride, p + r * kv_lanes, begin, end, out + r * out_stride, out_stride);
    }
  };
  constexpr int most = kVectors > value_vectors ? std::min(value_rows, 4) : value_rows;  // one more vector: fewer rows
  some(std::integral_constant<int, most>());
  if constexpr (value_rows > 2) some(std::integral_constant<int, 2>());
  some(std::integral_constant<int, 1>());
}

// `dims` dimensions, fewer than value_vectors vectors.
template <typename T>
HWY_INLINE void weigh_rest(const T* values, int64_t v_stride, int dims, const float* p, int begin, int end,
                           int64_t rows, float* out, int64_t out_stride) {
  int d = 0;
  for (; d + lanes < dims; d += 2 * lanes) {
    weigh_rows_of<2>(values + d, v_stride, p, begin, end, rows, out + d, out_stride);
  }
  if (d < dims) weigh_rows_of<1>(values + d, v_stride, p, begin, end, rows, out + d, out_stride);
}

// Many rows; head_dim is a multiple of the lanes. A single vector at the end would not keep the multipliers busy, so it
// is taken with those before it.
template <typename T>
HWY_INLINE void weigh_many(const T* values, int head_dim, const float* p, int begin, int end, int64_t rows, float* out,
                           int64_t out_stride) {
  constexpr int more = value_vectors + 1;
  for (int d = 0; d < head_dim;) {
    const int left = (head_dim - d) / lanes;
    if (left == more) {
      return weigh_rows_of<more>(values + d, head_dim, p, begin, end, rows, out + d, out_stride);
    }
    if (left < value_vectors) {
      return weigh_rest(values + d, head_dim, head_dim - d, p, begin, end, rows, out + d, out_stride);
    }
    weigh_rows_of<value_vectors>(values + d, head_dim, p, begin, end, rows, out + d, out_stride);
    d += value_vectors * lanes;
  }
}

// The whole width; few rows have registers for more vectors.
template <typename T>
HWY_INLINE void weigh_directly(const T* values, int head_dim, const float* p, int begin, int end, int64_t rows,
                               float* out, int64_t out_stride) {
  if (rows >= value_rows) return weigh_many(values, head_dim, p, begin, end, rows, out, out_stride);
  int d = 0;
  for (; d + 4 * lanes <= head_dim; d += 4 * lanes) {
    int64_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      weigh_some<2, 4>(values + d, head_dim, p + r * kv_lanes, begin, end, out + r * out_stride + d, out_stride);
    }
    if (r < rows) {
      weigh_some<1, 4>(values + d, head_dim, p + r * kv_lanes, begin, end, out + r * out_stride + d, out_stride);
    }
  }
  weigh_rest(values + d, head_dim, head_dim - d, p, begin, end, rows, out + d, out_stride);
}

// The same for any head_dim, values widened in chunks; rows of out have room for a multiple of the lanes.
template <typename T>
HWY_INLINE void weigh_widened(const T* values, int head_dim, const float* p, int begin, int end, int64_t rows,
                              float* scratch, float* out, int64_t out_stride) {
  constexpr int chunk = value_vectors * lanes;
  for (int d = 0; d < head_dim; d += chunk) {
    const int dims = std::min(chunk, head_dim - d);
    for (int key = begin; key < end; ++key) widen(values + key * head_dim + d, dims, scratch + key * chunk);
    if (dims == chunk) {
      weigh_rows_of<value_vectors>(scratch, chunk, p, begin, end, rows, out + d, out_stride);
    } else {
      weigh_rest(scratch, chunk, dims, p, begin, end, rows, out + d, out_stride);
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_ATTENTION_BLOCK_INL_H
