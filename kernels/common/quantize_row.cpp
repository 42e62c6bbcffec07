#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"

namespace diptych {
namespace {

struct Grid {
  float step = 0, lowest = 0;  // value ~ step * level + lowest
  uint8_t level(float value, int levels) const {
    if (step == 0) return 0;
    return static_cast<uint8_t>(std::clamp(std::lround((value - lowest) / step), 0l, static_cast<long>(levels - 1)));
  }
};

float largest(const float* values, int count) {
  float magnitude = 0;
  for (int i = 0; i < count; ++i) magnitude = std::max(magnitude, std::abs(values[i]));
  return magnitude;
}

// Levels around an offset: the value of largest magnitude sits at -offset or offset - 1.
uint16_t centred(const float* values, int offset, uint8_t* level) {
  const uint16_t d = f32_to_f16(largest(values, 32) / static_cast<float>(offset - 1));
  const Grid grid{f16_to_f32(d), -static_cast<float>(offset) * f16_to_f32(d)};
  for (int i = 0; i < 32; ++i)
    level[i] = grid.step == 0 ? static_cast<uint8_t>(offset) : grid.level(values[i], 2 * offset);
  return d;
}

void spanned(const float* values, int levels, uint16_t& d, uint16_t& m, uint8_t* level) {
  const auto [low, high] = std::minmax_element(values, values + 32);
  d = f32_to_f16((*high - *low) / static_cast<float>(levels - 1));
  m = f32_to_f16(*low);
  const Grid grid{f16_to_f32(d), f16_to_f32(m)};
  for (int i = 0; i < 32; ++i) level[i] = grid.level(values[i], levels);
}

void put_nibbles(const uint8_t* level, uint8_t* nibbles) {
  for (int j = 0; j < 16; ++j) nibbles[j] = static_cast<uint8_t>((level[j] & 15) | level[j + 16] << 4);
}

void put_high(const uint8_t* level, uint8_t (&high)[4]) {
  std::memset(high, 0, 4);
  for (int i = 0; i < 32; ++i) high[i / 8] = static_cast<uint8_t>(high[i / 8] | (level[i] >> 4 & 1) << (i % 8));
}

void put_k_scales(const int (&scale)[8], const int (&min)[8], uint8_t (&packed)[12]) {
  for (int g = 0; g < 4; ++g) {
    packed[g] = static_cast<uint8_t>(scale[g] | scale[g + 4] >> 4 << 6);
    packed[g + 4] = static_cast<uint8_t>(min[g] | min[g + 4] >> 4 << 6);
    packed[g + 8] = static_cast<uint8_t>((scale[g + 4] & 15) | (min[g + 4] & 15) << 4);
  }
}

// Scales and minimums of q4_k and q5_k; levels for the 256 values.
template <typename Block>
void k_levels(const float* values, int levels, Block& block, uint8_t* level) {
  float step[8], low[8];
  for (int g = 0; g < 8; ++g) {
    const auto [least, most] = std::minmax_element(values + 32 * g, values + 32 * g + 32);
    low[g] = std::max(0.0f, -*least);
    step[g] = std::max(0.0f, *most + low[g]) / static_cast<float>(levels - 1);
  }
  block.d = f32_to_f16(largest(step, 8) / 63);
  block.dmin = f32_to_f16(largest(low, 8) / 63);
  const float d = f16_to_f32(block.d), dmin = f16_to_f32(block.dmin);
  int scale[8], min[8];
  for (int g = 0; g < 8; ++g) {
    scale[g] = d == 0 ? 0 : std::min(63, static_cast<int>(std::lround(step[g] / d)));
    min[g] = dmin == 0 ? 0 : std::min(63, static_cast<int>(std::lround(low[g] / dmin)));
    const Grid grid{d * static_cast<float>(scale[g]), -dmin * static_cast<float>(min[g])};
    for (int i = 32 * g; i < 32 * g + 32; ++i) level[i] = grid.level(values[i], levels);
  }
  put_k_scales(scale, min, block.scales);
  for (int i = 0; i < 128; ++i) {
    const int first = i / 32 * 64 + i % 32;
    block.nibbles[i] = static_cast<uint8_t>((level[first] & 15) | level[first + 32] << 4);
  }
}

// Nearest levels of -127 to 127, written so that compilers use vectors: models are quantized this way while they load.
void to_q8_0(const float* values, BlockQ8_0& block) {
  float magnitude = 0, nothing = 0;  // the latter NaN where one of the values is no number
  for (int i = 0; i < 32; ++i) {
    magnitude = std::max(magnitude, std::abs(values[i]));
    nothing += 0 * values[i];
  }
  block.d = f32_to_f16(magnitude / 127 + nothing);
  const float step = f16_to_f32(block.d), inverse = step > 0 ? 1 / step : 0;
  for (int i = 0; i < 32; ++i) {
    const float level = values[i] * inverse, nearest = level + std::copysign(0.5f, level);
    const float low = nearest > -127 ? nearest : -127;  // of a NaN, too
    block.values[i] = static_cast<int8_t>(static_cast<int32_t>(low < 127 ? low : 127));
  }
}

void to_q6_k(const float* values, BlockQ6_K& block) {
  float step[16];
  for (int g = 0; g < 16; ++g) step[g] = largest(values + 16 * g, 16) / 31;
  block.d = f32_to_f16(largest(step, 16) / 127);
  const float d = f16_to_f32(block.d);
  uint8_t level[256];
  for (int g = 0; g < 16; ++g) {
    block.scales[g] = static_cast<int8_t>(d == 0 ? 0 : std::min(127l, std::lround(step[g] / d)));
    const float unit = d * static_cast<float>(block.scales[g]);
    const Grid grid{unit, -32 * unit};
    for (int i = 16 * g; i < 16 * g + 16; ++i) level[i] = unit == 0 ? uint8_t{32} : grid.level(values[i], 64);
  }
  std::memset(block.high, 0, sizeof block.high);
  for (int i = 0; i < 256; ++i) {
    const int half = i / 128, j = i % 128;
    uint8_t& low = block.low[64 * half + j % 64];
    low = static_cast<uint8_t>(j < 64 ? level[i] & 15 : low | (level[i] & 15) << 4);
    uint8_t& high = block.high[32 * half + j % 32];
    high = static_cast<uint8_t>(high | level[i] >> 4 << (j / 32 * 2));
  }
}

void one_block(DType type, const float* values, std::byte* bytes) {
  uint8_t level[256];
  const auto store = [&](const auto& block) { std::memcpy(bytes, &block, sizeof block); };
  switch (type) {
    case DType::q4_0: {
      BlockQ4_0 block;
      block.d = centred(values, 8, level);
      put_nibbles(level, block.nibbles);
      return store(block);
    }
    case DType::q4_1: {
      BlockQ4_1 block;
      spanned(values, 16, block.d, block.m, level);
      put_nibbles(level, block.nibbles);
      return store(block);
    }
    case DType::q5_0: {
      BlockQ5_0 block;
      block.d = centred(values, 16, level);
      put_nibbles(level, block.nibbles);
      put_high(level, block.high);
      return store(block);
    }
    case DType::q5_1: {
      BlockQ5_1 block;
      spanned(values, 32, block.d, block.m, level);
      put_nibbles(level, block.nibbles);
      put_high(level, block.high);
      return store(block);
    }
    case DType::q8_0: {
      BlockQ8_0 block;
      to_q8_0(values, block);
      return store(block);
    }
    case DType::q4_k: {
      BlockQ4_K block;
      k_levels(values, 16, block, level);
      return store(block);
    }
    case DType::q5_k: {
      BlockQ5_K block;
      k_levels(values, 32, block, level);
      std::memset(block.high, 0, sizeof block.high);
      for (int i = 0; i < 256; ++i) {
        block.high[i % 32] = static_cast<uint8_t>(block.high[i % 32] | level[i] >> 4 << (i / 32));
      }
      return store(block);
    }
    case DType::q6_k: {
      BlockQ6_K block;
      to_q6_k(values, block);
      return store(block);
    }
    default:
      assert(false && "not a matrix type of blocks");
  }
}

}  // namespace

void quantize_row(DType type, const float* values, std::byte* blocks, int64_t count) {
  const DTypeInfo& info = dtype_info(type);
  assert(count % info.block_values == 0);
  for (int64_t i = 0; i < count; i += info.block_values) {
    one_block(type, values + i, blocks);
    blocks += info.block_bytes;
  }
}

}  // namespace diptych
