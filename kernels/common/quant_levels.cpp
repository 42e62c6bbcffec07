#include <cassert>
#include <cstring>

#include "kernels/common/quant_blocks.h"

namespace diptych {
namespace {

template <typename Block>
Block load(const std::byte* bytes) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

void nibbles_32(const uint8_t* nibbles, uint8_t* level) {
  for (int j = 0; j < 16; ++j) {
    level[j] = nibbles[j] & 15;
    level[j + 16] = nibbles[j] >> 4;
  }
}

void high_bits_32(const uint8_t (&high)[4], uint8_t* level) {
  for (int i = 0; i < 32; ++i) level[i] = static_cast<uint8_t>(level[i] | (high[i / 8] >> (i % 8) & 1) << 4);
}

void nibbles_k(const uint8_t (&nibbles)[128], uint8_t* level) {
  for (int h = 0; h < 4; ++h) {
    for (int j = 0; j < 32; ++j) {
      level[64 * h + j] = nibbles[32 * h + j] & 15;
      level[64 * h + 32 + j] = nibbles[32 * h + j] >> 4;
    }
  }
}

template <typename Block>
void k_scales(const Block& block, BlockLevels& levels) {
  levels.d_bits = block.d;
  levels.m_bits = block.dmin;
  levels.minimums = true;
  for (int g = 0; g < 8; ++g) {
    uint8_t scale;
    k_scale_and_min(block.scales, g, scale, levels.min[g]);
    levels.scale[g] = static_cast<int8_t>(scale);
  }
}

void read_q6_k(const BlockQ6_K& block, BlockLevels& levels) {
  levels.d_bits = block.d;
  levels.group_values = 16;
  levels.offset = 32;
  std::memcpy(levels.scale, block.scales, 16);
  for (int h = 0; h < 2; ++h) {
    for (int j = 0; j < 64; ++j) {
      const uint8_t low = block.low[64 * h + j], *high = block.high + 32 * h + j % 32;
      const int shift = j / 32 * 2;
      levels.level[128 * h + j] = static_cast<uint8_t>((low & 15) | (*high >> shift & 3) << 4);
      levels.level[128 * h + 64 + j] = static_cast<uint8_t>(low >> 4 | (*high >> (shift + 4) & 3) << 4);
    }
  }
}

}  // namespace

void read_levels(DType type, const std::byte* bytes, BlockLevels& levels) {
  levels = {};
  switch (type) {
    case DType::q4_0: {
      const auto block = load<BlockQ4_0>(bytes);
      levels.d_bits = block.d;
      levels.offset = 8;
      return nibbles_32(block.nibbles, levels.level);
    }
    case DType::q4_1: {
      const auto block = load<BlockQ4_1>(bytes);
      levels.d_bits = block.d;
      levels.m_bits = block.m;
      return nibbles_32(block.nibbles, levels.level);
    }
    case DType::q5_0: {
      const auto block = load<BlockQ5_0>(bytes);
      levels.d_bits = block.d;
      levels.offset = 16;
      nibbles_32(block.nibbles, levels.level);
      return high_bits_32(block.high, levels.level);
    }
    case DType::q5_1: {
      const auto block = load<BlockQ5_1>(bytes);
      levels.d_bits = block.d;
      levels.m_bits = block.m;
      nibbles_32(block.nibbles, levels.level);
      return high_bits_32(block.high, levels.level);
    }
    case DType::q8_0: {
      const auto block = load<BlockQ8_0>(bytes);
      levels.d_bits = block.d;
      levels.offset = 128;
      for (int i = 0; i < 32; ++i) levels.level[i] = static_cast<uint8_t>(block.values[i] + 128);
      return;
    }
    case DType::q4_k: {
      const auto block = load<BlockQ4_K>(bytes);
      k_scales(block, levels);
      return nibbles_k(block.nibbles, levels.level);
    }
    case DType::q5_k: {
      const auto block = load<BlockQ5_K>(bytes);
      k_scales(block, levels);
      nibbles_k(block.nibbles, levels.level);
      for (int i = 0; i < 256; ++i) {
        levels.level[i] = static_cast<uint8_t>(levels.level[i] | (block.high[i % 32] >> (i / 32) & 1) << 4);
      }
      return;
    }
    case DType::q6_k:
      return read_q6_k(load<BlockQ6_K>(bytes), levels);
    default:
      assert(false && "not a matrix type");
  }
}

}  // namespace diptych
