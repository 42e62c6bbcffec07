// Block-wise dynamic 8-bit quantization of an optimizer's moments (Dettmers et al. 2022, "8-bit Optimizers via
// Block-wise Quantization"): 256 levels between -1 and 1 (or 0 and 1), denser towards zero over seven decades, times
// the largest magnitude of a block of 256 values.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace diptych::kernels::cpu {

inline constexpr int64_t moment_block = 256;  // values that share a scale

class DynamicMap {
 public:
  static const DynamicMap& with_sign();     // first moments
  static const DynamicMap& without_sign();  // second moments, which are never negative

  float value(uint8_t code) const { return values_[code]; }  // ascending
  uint8_t nearest(float value) const;                        // of -1 … 1; of 0 … 1

 private:
  explicit DynamicMap(bool sign);

  // Codes of magnitudes are counted from zero's. The upper bits of a float (sign apart) choose a cell, which at most
  // one limit between two levels lies in: one comparison is left.
  static constexpr int cell_shift = 16;                // 7 bits of the fraction
  static constexpr uint32_t lowest = (127 - 24) << 7;  // 2^-24, below every limit
  static constexpr uint32_t cells = (24 << 7) + 1;     // up to 1
  std::array<float, 256> values_{};
  std::vector<float> limits_;   // [magnitudes]: of each level the limit to the next; the last is infinite
  std::vector<uint8_t> first_;  // [cells]: the level of the smallest value of a cell
  int zero_ = 0;                // the code of 0
};

}  // namespace diptych::kernels::cpu
