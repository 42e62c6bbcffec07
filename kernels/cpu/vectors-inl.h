// The vectors that all kernels compute with: up to 16 lanes of 32 bits.
#if defined(DIPTYCH_VECTORS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_VECTORS_INL_H
#undef DIPTYCH_VECTORS_INL_H
#else
#define DIPTYCH_VECTORS_INL_H
#endif

#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::CappedTag<float, 16>;
using I32 = hn::RebindToSigned<F32>;
using U8 = hn::Repartition<uint8_t, F32>;
using VF = hn::Vec<F32>;
using VI = hn::Vec<I32>;
using VU8 = hn::Vec<U8>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(F32()));

HWY_INLINE VF load(const float* p) {
  return hn::LoadU(F32(), p);
}
HWY_INLINE VF load(const hwy::float16_t* p) {
  return hn::PromoteTo(F32(), hn::LoadU(hn::Rebind<hwy::float16_t, F32>(), p));
}
HWY_INLINE VF load(const hwy::bfloat16_t* p) {
  return hn::PromoteTo(F32(), hn::LoadU(hn::Rebind<hwy::bfloat16_t, F32>(), p));
}

// Calls body(i, n) for the vectors of [0, count): n is `lanes`, at the end what is left.
template <typename Body>
HWY_INLINE void for_vectors(int64_t count, const Body& body) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) body(i, lanes);
  if (i < count) body(i, static_cast<int>(count - i));
}

// The first `count` floats, zeros behind them; nothing beyond is touched.
HWY_INLINE VF load_some(const float* p, int count) {
  if (count == lanes) return hn::LoadU(F32(), p);
  HWY_ALIGN float values[lanes] = {};
  for (int i = 0; i < count; ++i) values[i] = p[i];
  return hn::Load(F32(), values);
}
HWY_INLINE void store_some(VF v, float* p, int count) {
  if (count == lanes) return hn::StoreU(v, F32(), p);
  HWY_ALIGN float values[lanes];
  hn::Store(v, F32(), values);
  for (int i = 0; i < count; ++i) p[i] = values[i];
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIPTYCH_VECTORS_INL_H
