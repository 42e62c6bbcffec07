#include "kernels/cpu/turn_tile.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/turn_tile.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

using F4 = hn::FixedTag<float, 4>;

// [16][16] -> [16][16], blocks of 4 by 4 in registers.
HWY_INLINE void turn_block(const float* HWY_RESTRICT from, float* HWY_RESTRICT to) {
  const F4 f;
  const hn::Repartition<uint64_t, F4> pairs;
  const auto as_pairs = [&](auto v) HWY_ATTR { return hn::BitCast(pairs, v); };
  for (int64_t i = 0; i < tile; i += 4) {
    for (int64_t j = 0; j < tile; j += 4) {
      const float* in = from + i * tile + j;
      const auto a = hn::LoadU(f, in), b = hn::LoadU(f, in + tile), c = hn::LoadU(f, in + 2 * tile),
                 d = hn::LoadU(f, in + 3 * tile);
      const auto ab_low = hn::InterleaveLower(f, a, b), ab_high = hn::InterleaveUpper(f, a, b);
      const auto cd_low = hn::InterleaveLower(f, c, d), cd_high = hn::InterleaveUpper(f, c, d);
      float* out = to + j * tile + i;
      hn::StoreU(hn::BitCast(f, hn::InterleaveLower(pairs, as_pairs(ab_low), as_pairs(cd_low))), f, out);
      hn::StoreU(hn::BitCast(f, hn::InterleaveUpper(pairs, as_pairs(ab_low), as_pairs(cd_low))), f, out + tile);
      hn::StoreU(hn::BitCast(f, hn::InterleaveLower(pairs, as_pairs(ab_high), as_pairs(cd_high))), f, out + 2 * tile);
      hn::StoreU(hn::BitCast(f, hn::InterleaveUpper(pairs, as_pairs(ab_high), as_pairs(cd_high))), f, out + 3 * tile);
    }
  }
}

template <typename T>
HWY_INLINE void widen_block(const T* from, int64_t columns, float* to) {
  const int64_t values = columns * tile;
  static_assert(tile % lanes == 0);
  for (int64_t i = 0; i < values; i += lanes) hn::StoreU(load(from + i), F32(), to + i);
  std::fill(to + values, to + tile * tile, 0.0f);
}

template <typename T>
HWY_INLINE void turn_columns(const T* from, int64_t columns, int64_t rows, int64_t stride, float* turned) {
  HWY_ALIGN float wide[tile * tile];
  HWY_ALIGN float block[tile * tile];
  for (int64_t c = 0; c < columns; c += tile, from += tile * tile, turned += stride) {
    widen_block(from, std::min(tile, columns - c), wide);
    if (rows == tile) {
      turn_block(wide, turned);
    } else {
      turn_block(wide, block);
      std::memcpy(turned, block, static_cast<size_t>(rows * tile) * sizeof(float));
    }
  }
}

void turn_f32(const float* from, int64_t columns, int64_t rows, int64_t stride, float* turned) {
  turn_columns(from, columns, rows, stride, turned);
}
void turn_f16(const hwy::float16_t* from, int64_t columns, int64_t rows, int64_t stride, float* turned) {
  turn_columns(from, columns, rows, stride, turned);
}
void turn_bf16(const hwy::bfloat16_t* from, int64_t columns, int64_t rows, int64_t stride, float* turned) {
  turn_columns(from, columns, rows, stride, turned);
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {
namespace {

HWY_EXPORT(turn_f32);
HWY_EXPORT(turn_f16);
HWY_EXPORT(turn_bf16);

}  // namespace

void turn_tile(DType type, const std::byte* tile_columns, int64_t columns, int64_t rows, int64_t stride,
               float* turned) {
  if (type == DType::f32) {
    HWY_DYNAMIC_DISPATCH(turn_f32)(reinterpret_cast<const float*>(tile_columns), columns, rows, stride, turned);
  } else if (type == DType::f16) {
    HWY_DYNAMIC_DISPATCH(turn_f16)
    (reinterpret_cast<const hwy::float16_t*>(tile_columns), columns, rows, stride, turned);
  } else {
    assert(type == DType::bf16);
    HWY_DYNAMIC_DISPATCH(turn_bf16)
    (reinterpret_cast<const hwy::bfloat16_t*>(tile_columns), columns, rows, stride, turned);
  }
}

}  // namespace diptych::kernels::cpu
#endif
