// Reading packed records: scales of a vector's rows as f32, levels of 32 columns as bytes. See packed_layout.h.
#if defined(DIPTYCH_WEIGHT_LEVELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_WEIGHT_LEVELS_INL_H
#undef DIPTYCH_WEIGHT_LEVELS_INL_H
#else
#define DIPTYCH_WEIGHT_LEVELS_INL_H
#endif

#include "kernels/cpu/int8_dot-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE VF load_halves(const uint8_t* halves, int first_row) {
  return load(reinterpret_cast<const hwy::float16_t*>(halves) + first_row);
}
HWY_INLINE VF load_unsigned(const uint8_t* bytes, int first_row) {
  const hn::Rebind<uint8_t, F32> d8;
  return hn::ConvertTo(F32(), hn::PromoteTo(I32(), hn::LoadU(d8, bytes + first_row)));
}
HWY_INLINE VF load_signed(const uint8_t* bytes, int first_row) {
  const hn::Rebind<int8_t, F32> d8;
  return hn::ConvertTo(F32(), hn::PromoteTo(I32(), hn::LoadU(d8, reinterpret_cast<const int8_t*>(bytes) + first_row)));
}

// Bits of `upper`, moved left by kShift (right if negative), under `mask` into `weight`. Shifts work on 16 bits, the
// narrowest that every target has; the mask removes what came from the neighbour.
template <int kShift>
HWY_INLINE VU8 with_bits(VU8 weight, VU8 upper, VU8 mask) {
  const U8 d8;
  const hn::Repartition<uint16_t, U8> d16;
  const auto words = hn::BitCast(d16, upper);
  if constexpr (kShift > 0) {
    upper = hn::BitCast(d8, hn::ShiftLeft<kShift>(words));
  } else if constexpr (kShift < 0) {
    upper = hn::BitCast(d8, hn::ShiftRight<-kShift>(words));
  }
  return hn::OrAnd(weight, upper, mask);
}

// The eight groups of 32 columns as bytes, for the rows from first_row on.
template <int kBits>
HWY_INLINE void read_groups(const uint8_t* quants, int first_row, VU8* weights) {
  const U8 d8;
  const uint8_t* base = quants + 4 * first_row;
  if constexpr (kBits == 8) {
    DIPTYCH_UNROLL
    for (int g = 0; g < 8; ++g) {
      weights[g] = hn::LoadU(d8, base + 64 * g);
      if (DIPTYCH_SIGNED_BYTES) weights[g] = hn::Xor(weights[g], hn::Set(d8, 0x80));
    }
    return;
  }
  const VU8 nibble = hn::Set(d8, 0x0f);
  const hn::Repartition<uint16_t, U8> d16;
  DIPTYCH_UNROLL
  for (int j = 0; j < 4; ++j) {
    const VU8 both = hn::LoadU(d8, base + 64 * j);
    weights[j] = hn::And(both, nibble);
    weights[j + 4] = hn::And(hn::BitCast(d8, hn::ShiftRight<4>(hn::BitCast(d16, both))), nibble);
  }
  if constexpr (kBits == 5) {
    const VU8 upper = hn::LoadU(d8, base + 256), bit = hn::Set(d8, 0x10);
    weights[0] = with_bits<4>(weights[0], upper, bit);
    weights[1] = with_bits<3>(weights[1], upper, bit);
    weights[2] = with_bits<2>(weights[2], upper, bit);
    weights[3] = with_bits<1>(weights[3], upper, bit);
    weights[4] = with_bits<0>(weights[4], upper, bit);
    weights[5] = with_bits<-1>(weights[5], upper, bit);
    weights[6] = with_bits<-2>(weights[6], upper, bit);
    weights[7] = with_bits<-3>(weights[7], upper, bit);
  }
  if constexpr (kBits == 6) {
    const VU8 bits = hn::Set(d8, 0x30);
    DIPTYCH_UNROLL
    for (int h = 0; h < 2; ++h) {
      const VU8 upper = hn::LoadU(d8, base + 256 + 64 * h);
      VU8* w = weights + 4 * h;
      w[0] = with_bits<4>(w[0], upper, bits);
      w[1] = with_bits<2>(w[1], upper, bits);
      w[2] = with_bits<0>(w[2], upper, bits);
      w[3] = with_bits<-2>(w[3], upper, bits);
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_WEIGHT_LEVELS_INL_H
