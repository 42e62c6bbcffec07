// The two products of attention for a block of 32 keys and some rows: scores = q k^T, out += p v.
#if defined(DIPTYCH_ATTENTION_BLOCK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_ATTENTION_BLOCK_INL_H
#undef DIPTYCH_ATTENTION_BLOCK_INL_H
#else
#define DIPTYCH_ATTENTION_BLOCK_INL_H
#endif

#include "kernels/cpu/attention.h"
#include "kernels/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int score_rows = lanes == 16 ? 8 : 4;  // rows whose scores are computed together: sums fill the registers
constexpr int value_rows = lanes == 16 ? 4 : 2;

// scores[r * 32 + key] for kRows rows of q, `q_stride` apart; keys [head_dim][32]. Dimensions are added in order.
template <int kRows, typename T>
HWY_INLINE void score_some(const T* keys, int head_dim, const float* q, int64_t q_stride, float* scores) {
  constexpr int vectors = 2;
  const F32 df;
  for (int first = 0; first < kv_lanes; first += vectors * lanes) {
    VF sums[kRows * vectors];
    DIPTYCH_UNROLL
    for (int i = 0; i < kRows * vectors; ++i) sums[i] = hn::Zero(df);
    for (int d = 0; d < head_dim; ++d) {
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
    for (int r = 0; r < kRows; ++r) {
      DIPTYCH_UNROLL
      for (int v = 0; v < vectors; ++v) {
        hn::StoreU(sums[r * vectors + v], df, scores + r * kv_lanes + first + v * lanes);
      }
    }
  }
}

template <typename T>
HWY_NOINLINE void score_rows_of(const T* keys, int head_dim, const float* q, int64_t q_stride, int64_t rows,
                                float* scores) {
  int64_t r = 0;
  for (; r + score_rows <= rows; r += score_rows) {
    score_some<score_rows>(keys, head_dim, q + r * q_stride, q_stride, scores + r * kv_lanes);
  }
  for (; r + 3 <= rows; r += 3) score_some<3>(keys, head_dim, q + r * q_stride, q_stride, scores + r * kv_lanes);
  for (; r < rows; ++r) score_some<1>(keys, head_dim, q + r * q_stride, q_stride, scores + r * kv_lanes);
}

// out[r][d …] += sum over keys [begin, end) of p[r * 32 + key] * values[key][d …] for kVectors vectors of dimensions.
template <int kRows, int kVectors, typename T>
HWY_INLINE void weigh_some(const T* values, int64_t v_stride, const float* p, int begin, int end, float* out,
                           int64_t out_stride) {
  const F32 df;
  VF sums[kRows * kVectors];
  DIPTYCH_UNROLL
  for (int r = 0; r < kRows; ++r) {
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[r * kVectors + v] = hn::LoadU(df, out + r * out_stride + v * lanes);
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
  for (int r = 0; r < kRows; ++r) {
    DIPTYCH_UNROLL
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r * kVectors + v], df, out + r * out_stride + v * lanes);
  }
}

// `dims` is a multiple of the lanes; rows of values and of out have room for it.
template <int kRows, typename T>
HWY_INLINE void weigh_dims(const T* values, int64_t v_stride, int dims, const float* p, int begin, int end, float* out,
                           int64_t out_stride) {
  int d = 0;
  for (; d + 4 * lanes <= dims; d += 4 * lanes) {
    weigh_some<kRows, 4>(values + d, v_stride, p, begin, end, out + d, out_stride);
  }
  for (; d < dims; d += lanes) weigh_some<kRows, 1>(values + d, v_stride, p, begin, end, out + d, out_stride);
}

template <typename T>
HWY_NOINLINE void weigh_rows_of(const T* values, int64_t v_stride, int dims, const float* p, int begin, int end,
                                int64_t rows, float* out, int64_t out_stride) {
  int64_t r = 0;
  for (; r + value_rows <= rows; r += value_rows) {
    weigh_dims<value_rows>(values, v_stride, dims, p + r * kv_lanes, begin, end, out + r * out_stride, out_stride);
  }
  for (; r < rows; ++r) {
    weigh_dims<1>(values, v_stride, dims, p + r * kv_lanes, begin, end, out + r * out_stride, out_stride);
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_ATTENTION_BLOCK_INL_H
