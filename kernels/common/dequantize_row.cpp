#include <bit>
#include <cassert>
#include <cstring>

#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"

namespace diptych {
namespace {

template <typename Block>
Block load(const std::byte* bytes) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

void from_levels(DType type, const std::byte* bytes, float* out) {
  BlockLevels levels;
  read_levels(type, bytes, levels);
  const float d = f16_to_f32(levels.d_bits), m = f16_to_f32(levels.m_bits);
  const int values = dtype_info(type).block_values;
  for (int i = 0; i < values; ++i) {
    const int g = i / levels.group_values;
    const float product = d * static_cast<float>(levels.scale[g]) * static_cast<float>(levels.level[i] - levels.offset);
    out[i] = levels.minimums ? product - m * static_cast<float>(levels.min[g]) : product + m;
  }
}

void from_q2_k(const BlockQ2_K& block, float* out) {
  const float d = f16_to_f32(block.d), dmin = f16_to_f32(block.dmin);
  for (int i = 0; i < 256; ++i) {
    const int level = block.pairs[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    const uint8_t scales = block.scales[i / 16];
    out[i] = d * static_cast<float>(scales & 15) * static_cast<float>(level) - dmin * static_cast<float>(scales >> 4);
  }
}

int q3_k_scale(const uint8_t (&scales)[12], int group) {  // low nibbles of 16 in 8 bytes, then their two high bits
  const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
  return (low | (scales[8 + group % 4] >> (group / 4 * 2) & 3) << 4) - 32;
}

void from_q3_k(const BlockQ3_K& block, float* out) {
  const float d = f16_to_f32(block.d);
  for (int i = 0; i < 256; ++i) {
    const int low = block.pairs[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    const int high = block.high[i % 32] >> (i / 32) & 1;
    out[i] = d * static_cast<float>(q3_k_scale(block.scales, i / 16)) * static_cast<float>(low + 4 * high - 4);
  }
}

void table_nibbles(float scale, const int8_t (&values)[16], const uint8_t* nibbles, float* out) {
  for (int j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>(values[nibbles[j] & 15]);
    out[j + 16] = scale * static_cast<float>(values[nibbles[j] >> 4]);
  }
}

void from_iq4_xs(const BlockIq4_Xs& block, float* out) {
  const float d = f16_to_f32(block.d);
  for (int g = 0; g < 8; ++g) {
    const int low = block.scales_low[g / 2] >> (g % 2 * 4) & 15, high = block.scales_high >> (2 * g) & 3;
    table_nibbles(d * static_cast<float>((low | high << 4) - 32), iq4_values, block.nibbles + 16 * g, out + 32 * g);
  }
}

// 2^(exponent - 128), half of the block's scale, as the table holds doubled values. 0 and 1 are subnormal.
float half_power(uint8_t exponent) {
  return std::bit_cast<float>(exponent < 2 ? 0x00200000u << exponent : static_cast<uint32_t>(exponent - 1) << 23);
}

// fp8 by its fields; e4m3 is the finite-only kind of the OCP format (no infinities), e5m2 follows IEEE 754.
float from_f8(uint8_t bits, int mantissa_bits, int bias, bool has_infinity) {
  const int mantissa = bits & ((1 << mantissa_bits) - 1), exponent = (bits & 0x7f) >> mantissa_bits;
  const uint32_t sign = static_cast<uint32_t>(bits & 0x80) << 24;
  const int last = 0x7f >> mantissa_bits;
  if (exponent == last && (has_infinity || mantissa == (1 << mantissa_bits) - 1)) {
    return std::bit_cast<float>(sign | (has_infinity && mantissa == 0 ? 0x7f800000u : 0x7fc00000u));
  }
  const int scale = (exponent == 0 ? 1 : exponent) - bias - mantissa_bits;
  const int whole = exponent == 0 ? mantissa : mantissa | 1 << mantissa_bits;
  const float value = static_cast<float>(whole) * std::bit_cast<float>(static_cast<uint32_t>(scale + 127) << 23);
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
}

void one_block(DType type, const std::byte* bytes, float* out) {
  switch (type) {
    case DType::f32:
      *out = load<float>(bytes);
      return;
    case DType::f16:
      *out = f16_to_f32(load<uint16_t>(bytes));
      return;
    case DType::bf16:
      *out = bf16_to_f32(load<uint16_t>(bytes));
      return;
    case DType::f64:
      *out = static_cast<float>(load<double>(bytes));
      return;
    case DType::f8_e4m3:
      *out = from_f8(load<uint8_t>(bytes), 3, 7, false);
      return;
    case DType::f8_e5m2:
      *out = from_f8(load<uint8_t>(bytes), 2, 15, true);
      return;
    case DType::q2_k:
      return from_q2_k(load<BlockQ2_K>(bytes), out);
    case DType::q3_k:
      return from_q3_k(load<BlockQ3_K>(bytes), out);
    case DType::iq4_nl: {
      const auto block = load<BlockIq4_Nl>(bytes);
      return table_nibbles(f16_to_f32(block.d), iq4_values, block.nibbles, out);
    }
    case DType::iq4_xs:
      return from_iq4_xs(load<BlockIq4_Xs>(bytes), out);
    case DType::mxfp4: {
      const auto block = load<BlockMxfp4>(bytes);
      return table_nibbles(half_power(block.exponent), e2m1_doubled, block.nibbles, out);
    }
    case DType::i8:
    case DType::u8:
    case DType::i16:
    case DType::i32:
    case DType::i64:
    case DType::boolean:
      assert(false && "integers are not weights");
      return;
    default:
      return from_levels(type, bytes, out);
  }
}

}  // namespace

void dequantize_row(DType type, const std::byte* blocks, float* out, int64_t values) {
  const DTypeInfo& info = dtype_info(type);
  assert(values % info.block_values == 0);
  for (int64_t i = 0; i < values; i += info.block_values) {
    one_block(type, blocks, out + i);
    blocks += info.block_bytes;
  }
}

}  // namespace diptych
