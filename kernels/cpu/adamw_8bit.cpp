#include "kernels/cpu/adamw_8bit.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/adamw_8bit.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

using Codes = hn::Rebind<uint8_t, F32>;

void unpack_moments(const DynamicMap& map, const uint8_t* codes, float scale, int64_t count, float* values) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const VI code = hn::PromoteTo(I32(), hn::LoadU(Codes(), codes + i));
    hn::StoreU(hn::Mul(hn::GatherIndex(F32(), map.values.data(), code), constant(scale)), F32(), values + i);
  }
  for (; i < count; ++i) values[i] = map.value(codes[i]) * scale;
}

// DynamicMap::nearest, lane by lane.
HWY_INLINE VI nearest_codes(const DynamicMap& map, VF x) {
  const VF magnitude = hn::Abs(x);
  const VI zero = hn::Set(I32(), map.zero);
  const VI cell = hn::Sub(hn::ShiftRight<DynamicMap::cell_shift>(hn::BitCast(I32(), magnitude)),
                          hn::Set(I32(), DynamicMap::lowest_cell));
  const VI index = hn::Min(hn::Max(cell, hn::Zero(I32())), hn::Set(I32(), DynamicMap::cells - 1));
  const VI below = hn::GatherIndex(I32(), map.first.data(), index);
  const auto above = hn::Ge(magnitude, hn::GatherIndex(F32(), map.limits.data(), below));
  const VI level = hn::Sub(below, hn::VecFromMask(I32(), hn::RebindMask(I32(), above)));  // a mask is -1
  const auto negative = hn::RebindMask(I32(), hn::Lt(x, hn::Zero(F32())));
  return hn::IfThenElse(negative, hn::Sub(zero, hn::Min(level, zero)), hn::Add(zero, level));
}

// Returns the scale. Maxima do not depend on their order.
float pack_moments(const DynamicMap& map, const float* values, int64_t count, uint8_t* codes) {
  VF largest = hn::Zero(F32());
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR { largest = hn::Max(largest, hn::Abs(load_some(values + i, n))); });
  const float scale = hn::GetLane(hn::MaxOfLanes(F32(), largest));
  const float inverse = 1.0f / scale;
  if (!std::isfinite(inverse)) {  // all zero, or so small that no step would feel it
    std::fill_n(codes, count, map.nearest(0));
    return 0;
  }
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const VI code = nearest_codes(map, hn::Mul(hn::LoadU(F32(), values + i), constant(inverse)));
    hn::StoreU(hn::DemoteTo(Codes(), code), Codes(), codes + i);
  }
  for (; i < count; ++i) codes[i] = map.nearest(values[i] * inverse);
  return scale;
}

void adamw_8bit_blocks(const AdamWStep& step, const float* gradient, int64_t count, float* value,
                       const QuantizedMoments& moments) {
  const DynamicMap &with_sign = DynamicMap::with_sign(), &without_sign = DynamicMap::without_sign();
  alignas(64) float first[moment_block], second[moment_block];
  for (int64_t begin = 0, block = 0; begin < count; begin += moment_block, ++block) {
    const int64_t n = std::min(moment_block, count - begin);
    unpack_moments(with_sign, moments.first + begin, moments.first_scales[block], n, first);
    unpack_moments(without_sign, moments.second + begin, moments.second_scales[block], n, second);
    adamw(step, gradient + begin, n, value + begin, first, second);
    moments.first_scales[block] = pack_moments(with_sign, first, n, moments.first + begin);
    moments.second_scales[block] = pack_moments(without_sign, second, n, moments.second + begin);
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(adamw_8bit_blocks);

void adamw_8bit(const AdamWStep& step, const float* gradient, int64_t count, float* value,
                const QuantizedMoments& moments) {
  HWY_DYNAMIC_DISPATCH(adamw_8bit_blocks)(step, gradient, count, value, moments);
}

}  // namespace diptych::kernels::cpu
#endif
