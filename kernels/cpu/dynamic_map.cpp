#include "kernels/cpu/dynamic_map.h"

#include <cassert>
#include <limits>
#include <vector>

namespace diptych::kernels::cpu {

// Decade i has 2^i levels of each sign (2^(i+1) where there is none), in the middle of equal parts of 0.1 … 1; and
// there are 0 and 1.
DynamicMap::DynamicMap(bool sign) : zero(sign ? 127 : 0) {
  constexpr int decades = 7;
  std::vector<float> levels{0.0f};  // the magnitudes, ascending
  for (int decade = 0; decade < decades; ++decade) {
    const int parts = (sign ? 1 : 2) << decade;
    const double unit = std::pow(10.0, decade - decades + 1);
    for (int i = 0; i < parts; ++i) {
      levels.push_back(static_cast<float>(unit * (0.1 + 0.9 * (i + 0.5) / parts)));
    }
  }
  levels.push_back(1.0f);
  const auto highest = static_cast<int>(levels.size()) - 1;
  limits.fill(std::numeric_limits<float>::infinity());
  for (int level = 0; level <= highest; ++level) {
    const auto i = static_cast<size_t>(level);
    if (sign && level <= zero) values[static_cast<size_t>(zero - level)] = -levels[i];
    values[static_cast<size_t>(zero + level)] = levels[i];  // last, so that zero is no negative one
    if (level < highest) limits[i] = (levels[i] + levels[i + 1]) / 2;
  }
  int level = 0;
  for (int cell = 0; cell < cells; ++cell) {
    const float begin = std::bit_cast<float>(static_cast<uint32_t>(lowest_cell + cell) << cell_shift);
    while (limits[static_cast<size_t>(level)] <= begin) ++level;
    first[static_cast<size_t>(cell)] = level;
    assert(cell == 0 || level <= first[static_cast<size_t>(cell - 1)] + 1);
  }
}

const DynamicMap& DynamicMap::with_sign() {
  static const DynamicMap map(true);
  return map;
}

const DynamicMap& DynamicMap::without_sign() {
  static const DynamicMap map(false);
  return map;
}

}  // namespace diptych::kernels::cpu
