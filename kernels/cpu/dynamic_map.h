// Block-wise dynamic 8-bit quantization of an optimizer's moments (Dettmers et al. 2022, "8-bit Optimizers via
// Block-wise Quantization"): 256 levels between -1 and 1 (or 0 and 1), denser towards zero over seven decades, times
// the largest magnitude of a block of 256 values.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace diptych::kernels::cpu {

inline constexpr int64_t moment_block = 256;  // values that share a scale

class DynamicMap {
 public:
  static const DynamicMap& with_sign();     // first moments
  static const DynamicMap& without_sign();  // second moments, which are never negative

  float value(uint8_t code) const { return values[code]; }  // ascending

  // Of -1 … 1, or of 0 … 1.
  uint8_t nearest(float x) const {
    const float magnitude = std::abs(x);
    const int cell = static_cast<int>(std::bit_cast<uint32_t>(magnitude) >> cell_shift) - lowest_cell;
    int level = first[static_cast<size_t>(std::clamp(cell, 0, cells - 1))];
    level += magnitude >= limits[static_cast<size_t>(level)] ? 1 : 0;
    return static_cast<uint8_t>(x < 0 ? zero - std::min(level, zero) : zero + level);
  }

  // Levels are counted from zero's. The upper bits of a magnitude choose a cell, in which at most one limit between two
  // levels lies, so that one comparison is left. The first cell is all below 2^-23 too, the last is 1 and all above.
  static constexpr int cell_shift = 16;                // 7 bits of the fraction
  static constexpr int lowest_cell = (127 - 24) << 7;  // 2^-24, below every limit
  static constexpr int cells = (24 << 7) + 1;
  std::array<float, 256> values{};
  std::array<float, 257> limits{};     // of each level the limit to the next; infinite behind the last
  std::array<int32_t, cells> first{};  // the level of a cell's smallest value
  int zero = 0;                        // the code of 0

 private:
  explicit DynamicMap(bool sign);
};

}  // namespace diptych::kernels::cpu
