// A step of AdamW whose moments are stored in 8 bits (kernels/cpu/dynamic_map.h) and are f32 while they change.
#pragma once

#include <cstdint>

#include "kernels/cpu/dynamic_map.h"
#include "kernels/cpu/optimizer.h"

namespace diptych::kernels::cpu {

// Codes, and of each block of 256 of them the largest magnitude. A moment of 0 has code DynamicMap::nearest(0).
struct QuantizedMoments {
  uint8_t* first;        // [count]
  float* first_scales;   // [blocks]
  uint8_t* second;       // [count]
  float* second_scales;  // [blocks]
};

// `count` values from the beginning of a block on; the last block may be shorter.
void adamw_8bit(const AdamWStep& step, const float* gradient, int64_t count, float* value,
                const QuantizedMoments& moments);

}  // namespace diptych::kernels::cpu
