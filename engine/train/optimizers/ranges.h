// Loops over the values of a tensor on all cores, in ranges whose borders do not depend on the number of threads; sums
// of ranges are added in order. So a result is the same on any machine with the same kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/core/context.h"

namespace diptych::train {

inline constexpr int64_t range_values = 1 << 15;  // whole blocks of 8-bit moments; 128 KiB of f32 stay in a cache

// body(begin, end)
template <typename Body>
void for_ranges(Context& ctx, int64_t count, const Body& body) {
  ctx.pool().parallel_for(count, range_values, body);
}

// The sum of term(begin, end), a double, over all ranges.
template <typename Term>
double sum_over_ranges(Context& ctx, int64_t count, const Term& term) {
  const int64_t ranges = (count + range_values - 1) / range_values;
  std::vector<double> sums(static_cast<size_t>(ranges));
  ctx.pool().parallel_for(ranges, 1, [&](int64_t first, int64_t last) {
    for (int64_t range = first; range < last; ++range) {
      const int64_t begin = range * range_values;
      sums[static_cast<size_t>(range)] = term(begin, std::min(count, begin + range_values));
    }
  });
  double sum = 0;
  for (const double one : sums) sum += one;
  return sum;
}

}  // namespace diptych::train
