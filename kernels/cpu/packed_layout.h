// The packed layout of weights: tiles of 16 output rows, one row per 32-bit vector lane on every machine.
//
// Plain types: [tile][col][16 rows]. Block types: [tile][block] records:
//   blocks of 32:   d f16[16], then m f16[16] for q4_1 and q5_1, then the quants of 32 columns
//   blocks of 256:  d f16[16], then dmin f16[16] but for q6_k, then eight times
//                   scale u8[16] and min u8[16] (q6_k: scale i8[2][16], per 16 columns), quants of 32 columns
// The quants of 32 columns are eight groups of four; a group is 64 bytes, lane r holding the four levels of row r:
//   8 bits  eight groups
//   4 bits  four times 64 bytes: group g in the low nibbles, group g + 4 in the high ones
//   5 bits  the same, then 64 bytes of fifth bits: bit g of a byte belongs to group g
//   6 bits  the same, then twice 64 bytes: bits 2 i and 2 i + 1 of byte vector h belong to group 4 h + i
// Levels are unsigned (see BlockLevels). A record is as large as the 16 blocks in it, but 2.8 % (q4_k) and 2.3 % (q5_k)
// larger where 6-bit scales become bytes. Rows that fill up the last tile are zero.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

inline constexpr int64_t tile = 16;

struct PackedFormat {
  int bits;          // of a level
  int block_values;  // of one record: 32 or 256
  int header_bytes;  // before the first scales or quants
  int scale_bytes;   // before each quants
  int offset;        // levels are this much larger than what they mean
  bool minimum;

  constexpr int quants_bytes() const { return 64 * bits; }
  constexpr int group_bytes() const { return scale_bytes + quants_bytes(); }  // of 32 columns
  constexpr int record_bytes() const { return header_bytes + group_bytes() * (block_values / 32); }
};

constexpr PackedFormat packed_format(DType type) {
  switch (type) {
    case DType::q4_0:
      return {4, 32, 32, 0, 8, false};
    case DType::q4_1:
      return {4, 32, 64, 0, 0, true};
    case DType::q5_0:
      return {5, 32, 32, 0, 16, false};
    case DType::q5_1:
      return {5, 32, 64, 0, 0, true};
    case DType::q4_k:
      return {4, 256, 64, 32, 0, true};
    case DType::q5_k:
      return {5, 256, 64, 32, 0, true};
    case DType::q6_k:
      return {6, 256, 32, 32, 32, false};
    default:  // q8_0
      return {8, 32, 32, 0, 128, false};
  }
}

// Bytes of one tile of 16 rows.
size_t packed_tile_bytes(DType type, int64_t cols);

}  // namespace diptych::kernels::cpu
