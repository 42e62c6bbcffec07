// Dot products of four unsigned levels with four signed activations per 32-bit lane, for the target being compiled.
// Integers are exact, so every way of adding gives the same result.
#if defined(DIPTYCH_INT8_DOT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_INT8_DOT_INL_H
#undef DIPTYCH_INT8_DOT_INL_H
#else
#define DIPTYCH_INT8_DOT_INL_H
#endif

#include <cstring>

#include "kernels/cpu/activation_block.h"
#include "kernels/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE VI broadcast4(const int8_t* values) {
  int32_t four;
  std::memcpy(&four, values, sizeof four);
  return hn::Set(I32(), four);
}

// dot_groups adds groups [kFirst, kLast) of kTokens tokens, whose activation blocks are x_stride apart, to `sums`.
//
// With this set, 8-bit weights reach the dot product as signed values (level - 128), else as levels.
#undef DIPTYCH_SIGNED_BYTES
#if HWY_TARGET == HWY_AVX3_DL

// Highway 1.0 leaves VNNI out of this target's features although it asks for it at run time, and the compiler refuses
// the intrinsic: one line of assembly, in which the activations are broadcast by the instruction itself. Sums pass
// through a variable of their own; given as elements of an array, they were stored after every instruction.
#define DIPTYCH_SIGNED_BYTES 0
struct FourBytes {
  int8_t values[4];
};
HWY_INLINE VI add_products(VI sum, VU8 levels, const int8_t* four) {
  __m512i result = sum.raw;
  asm("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(result) : "v"(levels.raw), "m"(*reinterpret_cast<const FourBytes*>(four)));
  return VI{result};
}
template <int kBits, int kFirst, int kLast, int kTokens>
HWY_INLINE void dot_groups(VI* sums, const VU8* weights, const ActivationBlock* x, int64_t x_stride) {
  DIPTYCH_UNROLL
  for (int g = kFirst; g < kLast; ++g) {  // neighbouring instructions belong to different sums: none waits for another
    DIPTYCH_UNROLL
    for (int t = 0; t < kTokens; ++t) {
      sums[t] = add_products(sums[t], weights[g], x[t * x_stride].values + 4 * g);
    }
  }
}

#elif HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4

// Products are added in pairs to 16 bits. The largest pair is 2 * 127 * level: 3810 with 4 bits, so that the pairs of
// eight groups fit together, 7874 with 5 bits (four groups), 16002 with 6 (two). Bytes fit not even once: they come as
// |w| times x with the sign of w.
#define DIPTYCH_SIGNED_BYTES 1
#if HWY_TARGET == HWY_AVX3
HWY_INLINE __m512i madd_bytes(__m512i u, __m512i s) {
  return _mm512_maddubs_epi16(u, s);
}
HWY_INLINE __m512i add_words(__m512i a, __m512i b) {
  return _mm512_add_epi16(a, b);
}
HWY_INLINE __m512i madd_words(__m512i v) {
  return _mm512_madd_epi16(v, _mm512_set1_epi16(1));
}
HWY_INLINE __m512i magnitude(__m512i v) {
  return _mm512_abs_epi8(v);
}
HWY_INLINE __m512i with_sign(__m512i x, __m512i sign) {
  return _mm512_mask_sub_epi8(x, _mm512_movepi8_mask(sign), _mm512_setzero_si512(), x);
}
#elif HWY_TARGET == HWY_AVX2
HWY_INLINE __m256i madd_bytes(__m256i u, __m256i s) {
  return _mm256_maddubs_epi16(u, s);
}
HWY_INLINE __m256i add_words(__m256i a, __m256i b) {
  return _mm256_add_epi16(a, b);
}
HWY_INLINE __m256i madd_words(__m256i v) {
  return _mm256_madd_epi16(v, _mm256_set1_epi16(1));
}
HWY_INLINE __m256i magnitude(__m256i v) {
  return _mm256_abs_epi8(v);
}
HWY_INLINE __m256i with_sign(__m256i x, __m256i sign) {
  return _mm256_sign_epi8(x, sign);
}
#else
HWY_INLINE __m128i madd_bytes(__m128i u, __m128i s) {
  return _mm_maddubs_epi16(u, s);
}
HWY_INLINE __m128i add_words(__m128i a, __m128i b) {
  return _mm_add_epi16(a, b);
}
HWY_INLINE __m128i madd_words(__m128i v) {
  return _mm_madd_epi16(v, _mm_set1_epi16(1));
}
HWY_INLINE __m128i magnitude(__m128i v) {
  return _mm_abs_epi8(v);
}
HWY_INLINE __m128i with_sign(__m128i x, __m128i sign) {
  return _mm_sign_epi8(x, sign);
}
#endif

template <int kBits, int kFirst, int kLast, int kTokens>
HWY_INLINE void dot_groups(VI* sums, const VU8* weights, const ActivationBlock* x, int64_t x_stride) {
  constexpr int run = kBits == 4 ? 8 : kBits == 5 ? 4 : kBits == 6 ? 2 : 1;
  static_assert((kLast - kFirst) % run == 0);
  DIPTYCH_UNROLL
  for (int begin = kFirst; begin < kLast; begin += run) {
    VI words[kTokens] = {};
    DIPTYCH_UNROLL
    for (int g = begin; g < begin + run; ++g) {
      DIPTYCH_UNROLL
      for (int t = 0; t < kTokens; ++t) {
        const auto w = weights[g].raw;
        const auto four = broadcast4(x[t * x_stride].values + 4 * g).raw;
        const auto pairs = kBits == 8 ? madd_bytes(magnitude(w), with_sign(four, w)) : madd_bytes(w, four);
        words[t] = VI{g == begin ? pairs : add_words(words[t].raw, pairs)};
      }
    }
    DIPTYCH_UNROLL
    for (int t = 0; t < kTokens; ++t) sums[t] = hn::Add(sums[t], VI{madd_words(words[t].raw)});
  }
}

#else  // any other target: byte by byte of each lane

#define DIPTYCH_SIGNED_BYTES 0
template <int kBits, int kFirst, int kLast, int kTokens>
HWY_INLINE void dot_groups(VI* sums, const VU8* weights, const ActivationBlock* x, int64_t x_stride) {
  const I32 di;
  const VI mask = hn::Set(di, 0xff);
  for (int g = kFirst; g < kLast; ++g) {
    const VI w = hn::BitCast(di, weights[g]);
    const VI byte[4] = {hn::And(w, mask), hn::And(hn::ShiftRight<8>(w), mask), hn::And(hn::ShiftRight<16>(w), mask),
                        hn::And(hn::ShiftRight<24>(w), mask)};
    for (int t = 0; t < kTokens; ++t) {
      const int8_t* four = x[t * x_stride].values + 4 * g;
      for (int j = 0; j < 4; ++j) sums[t] = hn::Add(sums[t], hn::Mul(byte[j], hn::Set(di, four[j])));
    }
  }
}

#endif

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_INT8_DOT_INL_H
