#include "kernels/cpu/dynamic_map.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace diptych::kernels::cpu {

// Decade i has 2^i levels of each sign (2^(i+1) where there is none), in the middle of equal parts of 0.1 … 1; and
// there are 0 and 1.
DynamicMap::DynamicMap(bool sign) {
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
  zero_ = sign ? 127 : 0;
  for (size_t level = 0; level < levels.size(); ++level) {
    const int code = static_cast<int>(level);
    values_[static_cast<size_t>(zero_ + code)] = levels[level];
    if (sign && code <= zero_) values_[static_cast<size_t>(zero_ - code)] = -levels[level];
  }
  values_[static_cast<size_t>(zero_)] = 0.0f;
  for (size_t level = 0; level + 1 < levels.size(); ++level) {
    limits_.push_back((levels[level] + levels[level + 1]) / 2);
  }
  limits_.push_back(std::numeric_limits<float>::infinity());
  uint8_t level = 0;
  for (uint32_t cell = 0; cell < cells; ++cell) {
    const float begin = std::bit_cast<float>((lowest + cell) << cell_shift);
    while (limits_[level] <= begin) ++level;
    first_.push_back(level);
    assert(cell == 0 || level <= first_[cell - 1] + 1);
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

uint8_t DynamicMap::nearest(float value) const {
  const float magnitude = std::abs(value);
  const uint32_t cell = std::bit_cast<uint32_t>(magnitude) >> cell_shift;
  int level = 0;
  if (cell >= lowest) {
    level = first_[std::min(cell - lowest, cells - 1)];
    if (magnitude >= limits_[static_cast<size_t>(level)]) ++level;
  }
  if (value < 0) return static_cast<uint8_t>(zero_ - std::min(level, zero_));
  return static_cast<uint8_t>(zero_ + level);
}

}  // namespace diptych::kernels::cpu
