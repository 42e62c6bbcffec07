#include "kernels/cpu/transpose.h"

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/transpose.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Four = hn::FixedTag<float, 4>;

// 4 by 4 values in registers.
HWY_INLINE void turn_four(const float* HWY_RESTRICT from, int64_t from_stride, float* HWY_RESTRICT to,
                          int64_t to_stride) {
  const Four f;
  const hn::Repartition<uint64_t, Four> pairs;
  const auto as_pairs = [&](auto v) HWY_ATTR { return hn::BitCast(pairs, v); };
  const auto a = hn::LoadU(f, from), b = hn::LoadU(f, from + from_stride), c = hn::LoadU(f, from + 2 * from_stride),
             d = hn::LoadU(f, from + 3 * from_stride);
  const auto ab_low = as_pairs(hn::InterleaveLower(f, a, b)), ab_high = as_pairs(hn::InterleaveUpper(f, a, b));
  const auto cd_low = as_pairs(hn::InterleaveLower(f, c, d)), cd_high = as_pairs(hn::InterleaveUpper(f, c, d));
  hn::StoreU(hn::BitCast(f, hn::InterleaveLower(pairs, ab_low, cd_low)), f, to);
  hn::StoreU(hn::BitCast(f, hn::InterleaveUpper(pairs, ab_low, cd_low)), f, to + to_stride);
  hn::StoreU(hn::BitCast(f, hn::InterleaveLower(pairs, ab_high, cd_high)), f, to + 2 * to_stride);
  hn::StoreU(hn::BitCast(f, hn::InterleaveUpper(pairs, ab_high, cd_high)), f, to + 3 * to_stride);
}

// A cache line of each of four rows of y is written whole before the next four: rows whose distance is a power of two
// share a set of the cache.
void turn(const float* x, int64_t x_stride, int64_t rows, int64_t begin, int64_t end, float* y, int64_t y_stride) {
  constexpr int64_t line = 16, width = 16;
  const int64_t whole_rows = rows / 4 * 4, whole_end = begin + (end - begin) / 4 * 4;
  for (int64_t first = begin; first < whole_end; first += width) {
    const int64_t last = HWY_MIN(whole_end, first + width);
    for (int64_t r = 0; r < whole_rows; r += line) {
      const int64_t last_row = HWY_MIN(whole_rows, r + line);
      for (int64_t c = first; c < last; c += 4) {
        for (int64_t j = r; j < last_row; j += 4) {
          turn_four(x + j * x_stride + c, x_stride, y + c * y_stride + j, y_stride);
        }
      }
    }
  }
  for (int64_t c = begin; c < end; ++c) {
    for (int64_t r = c < whole_end ? whole_rows : 0; r < rows; ++r) y[c * y_stride + r] = x[r * x_stride + c];
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {
namespace {

HWY_EXPORT(turn);

}  // namespace

void transpose(const float* x, int64_t x_stride, int64_t rows, int64_t begin, int64_t end, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(turn)(x, x_stride, rows, begin, end, y, y_stride);
}

}  // namespace diptych::kernels::cpu
#endif
