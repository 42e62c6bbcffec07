// GGUF's block formats: byte layouts, and the plain conversions that every faster reader is checked against.
//
// d, m and dmin are f16 bits; "levels" are the unsigned integers that the file stores. Unless a struct says otherwise,
// byte j of a 32-value block holds value j in its low and value j + 16 in its high nibble.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych {

struct BlockQ4_0 {  // d * (level - 8)
  uint16_t d;
  uint8_t nibbles[16];
};
struct BlockQ4_1 {  // d * level + m
  uint16_t d, m;
  uint8_t nibbles[16];
};
struct BlockQ5_0 {  // d * (level - 16); bit i of `high` is bit 4 of value i
  uint16_t d;
  uint8_t high[4], nibbles[16];
};
struct BlockQ5_1 {  // d * level + m
  uint16_t d, m;
  uint8_t high[4], nibbles[16];
};
struct BlockQ8_0 {  // d * value
  uint16_t d;
  int8_t values[32];
};
struct BlockQ2_K {  // d * scale * level - dmin * min; scale (low) and min (high nibble) per 16 values
  uint8_t scales[16];
  uint8_t pairs[64];  // byte 32 h + j: values 128 h + j + {0, 32, 64, 96} in two bits each
  uint16_t d, dmin;
};
struct BlockQ3_K {   // d * (scale - 32) * (level - 4); 6-bit scales per 16 values, see q3_k_scales
  uint8_t high[32];  // bit g of byte j: bit 2 of value 32 g + j
  uint8_t pairs[64], scales[12];
  uint16_t d;
};
struct BlockQ4_K {  // d * scale * level - dmin * min; 6 bits each per 32 values, see k_scale_and_min
  uint16_t d, dmin;
  uint8_t scales[12];
  uint8_t nibbles[128];  // byte 32 h + j: values 64 h + j and 64 h + 32 + j
};
struct BlockQ5_K {
  uint16_t d, dmin;
  uint8_t scales[12];
  uint8_t high[32];  // bit g of byte j: bit 4 of value 32 g + j
  uint8_t nibbles[128];
};
struct BlockQ6_K {   // d * scale * (level - 32); 8-bit scales per 16 values
  uint8_t low[128];  // byte 64 h + j: values 128 h + j and 128 h + 64 + j
  uint8_t high[64];  // byte 32 h + j: bits 4 and 5 of values 128 h + j + {0, 32, 64, 96}
  int8_t scales[16];
  uint16_t d;
};
struct BlockIq4_Nl {  // d * table[level]
  uint16_t d;
  uint8_t nibbles[16];
};
struct BlockIq4_Xs {  // d * (scale - 32) * table[level]; 6-bit scales per 32 values: low nibbles, then pairs of bits
  uint16_t d, scales_high;
  uint8_t scales_low[4], nibbles[128];  // 16 bytes per 32 values
};
struct BlockMxfp4 {  // 2^(exponent - 127) * e2m1 value (OCP microscaling formats 1.0)
  uint8_t exponent, nibbles[16];
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 && sizeof(BlockQ5_1) == 24);
static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84 && sizeof(BlockQ3_K) == 110);
static_assert(sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210);
static_assert(sizeof(BlockIq4_Nl) == 18 && sizeof(BlockIq4_Xs) == 136 && sizeof(BlockMxfp4) == 17);

inline constexpr int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
inline constexpr int8_t e2m1_doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Sub-block `group` (of 8) of a q4_k or q5_k block: its 6-bit scale and minimum.
inline void k_scale_and_min(const uint8_t (&scales)[12], int group, uint8_t& scale, uint8_t& min) {
  if (group < 4) {
    scale = scales[group] & 63;
    min = scales[group + 4] & 63;
  } else {
    scale = static_cast<uint8_t>((scales[group + 4] & 15) | (scales[group - 4] >> 6) << 4);
    min = static_cast<uint8_t>(scales[group + 4] >> 4 | (scales[group] >> 6) << 4);
  }
}

// One block of a matrix type (q4_0 … q6_k) as integers. With g = i / group_values, value i is
//   d * scale[g] * (level[i] - offset) + m            where `minimums` is not set (m is 0 but for q4_1 and q5_1)
//   d * scale[g] * level[i] - m * min[g]              where it is
// Every product is exact in f32, so that all ways to compute a value agree.
struct BlockLevels {
  uint16_t d_bits = 0, m_bits = 0;
  int group_values = 32, offset = 0;
  bool minimums = false;
  int8_t scale[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  uint8_t min[8] = {};
  uint8_t level[256];
};
void read_levels(DType type, const std::byte* block, BlockLevels& levels);

// `values` consecutive values; any type that DType lists but the integers. Unaligned input is fine.
void dequantize_row(DType type, const std::byte* blocks, float* out, int64_t values);

// Straightforward rounding to a matrix type: scales from the extremes of a block, no search, which for q8_0 is as good.
// The levels it stores need not equal another program's. A block of q8_0 that holds a NaN or an infinity has no number.
void quantize_row(DType type, const float* values, std::byte* blocks, int64_t count);

}  // namespace diptych
