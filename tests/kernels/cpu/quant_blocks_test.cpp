// Block formats by hand-made blocks, and both 16-bit floats over all their values.
#include "kernels/common/quant_blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/cpu/convert.h"
#include "kernels/cpu/dequantize.h"
#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

using testing::on_every_instruction_set;

template <typename Block>
std::vector<float> values_of(DType type, const Block& block) {
  std::vector<float> values(static_cast<size_t>(dtype_info(type).block_values));
  dequantize(type, reinterpret_cast<const std::byte*>(&block), dtype_info(type).block_values, values.data());
  return values;
}

constexpr uint16_t half_one = 0x3c00, half_two = 0x4000, half_half = 0x3800;

TEST(QuantBlocks, FourBits) {
  BlockQ4_0 a{half_two, {}};
  a.nibbles[0] = 0xf1;
  const auto v = values_of(DType::q4_0, a);
  EXPECT_EQ(v[0], -14);
  EXPECT_EQ(v[16], 14);
  EXPECT_EQ(v[1], -16);
  BlockQ4_1 b{half_two, half_half, {}};
  b.nibbles[3] = 0xa2;
  const auto w = values_of(DType::q4_1, b);
  EXPECT_EQ(w[3], 4.5f);
  EXPECT_EQ(w[19], 20.5f);
  EXPECT_EQ(w[31], 0.5f);
}

TEST(QuantBlocks, FiveAndEightBits) {
  BlockQ5_0 a{half_one, {0x02, 0, 0x01, 0}, {}};
  a.nibbles[0] = 0x30;
  a.nibbles[1] = 0x04;
  const auto v = values_of(DType::q5_0, a);
  EXPECT_EQ(v[0], -16);
  EXPECT_EQ(v[1], 4);
  EXPECT_EQ(v[16], 3);
  BlockQ5_1 b{half_one, half_two, {0, 0, 0, 0x80}, {}};
  b.nibbles[15] = 0x10;
  EXPECT_EQ(values_of(DType::q5_1, b)[31], 19);
  BlockQ8_0 c{half_half, {}};
  c.values[7] = -128;
  c.values[8] = 127;
  EXPECT_EQ(values_of(DType::q8_0, c)[7], -64);
  EXPECT_EQ(values_of(DType::q8_0, c)[8], 63.5f);
}

TEST(QuantBlocks, SuperBlocks) {
  BlockQ2_K two{};
  two.d = half_two;
  two.dmin = half_one;
  two.scales[11] = 0x53;        // values 176 … 191: scale 3, minimum 5
  two.pairs[32 + 16] = 2 << 2;  // value 128 + 32 + 16
  EXPECT_EQ(values_of(DType::q2_k, two)[176], 2 * 3 * 2 - 5);
  EXPECT_EQ(values_of(DType::q2_k, two)[177], -5);

  BlockQ3_K three{};
  three.d = half_one;
  three.scales[1] = 0x70;    // low bits of group 9
  three.scales[9] = 0x20;    // its high bits: 2
  three.pairs[32 + 16] = 3;  // value 144, group 9
  three.high[16] = 0x10;
  EXPECT_EQ(values_of(DType::q3_k, three)[144], (7 + 32 - 32) * 3);
  EXPECT_EQ(values_of(DType::q3_k, three)[145], 7 * -4);

  BlockQ4_K four{};
  four.d = half_two;
  four.dmin = half_half;
  four.scales[1] = 0x80;        // group 5: scale bits 4 and 5 are 2
  four.scales[5] = 0x40;        // minimum bits 4 and 5 are 1
  four.scales[9] = 0x21;        // low bits: scale 1, minimum 2
  four.nibbles[64 + 3] = 0xb0;  // value 128 + 32 + 3, group 5
  EXPECT_EQ(values_of(DType::q4_k, four)[163], 2.0f * 33 * 11 - 0.5f * 18);

  BlockQ5_K five{};
  five.d = half_one;
  five.scales[2] = 3;
  five.nibbles[32 + 1] = 0x04;
  five.high[1] = 0x04;
  EXPECT_EQ(values_of(DType::q5_k, five)[65], 3 * 20);

  BlockQ6_K six{};
  six.d = half_half;
  six.scales[13] = -3;
  six.low[64 + 16] = 0x50;  // value 128 + 64 + 16, group 13
  six.high[32 + 16] = 0x30;
  EXPECT_EQ(values_of(DType::q6_k, six)[208], 0.5f * -3 * (5 + 48 - 32));
  EXPECT_EQ(values_of(DType::q6_k, six)[209], 0.5f * -3 * -32);
}

TEST(QuantBlocks, Tables) {
  BlockIq4_Nl a{half_two, {}};
  a.nibbles[2] = 0xf0;
  EXPECT_EQ(values_of(DType::iq4_nl, a)[2], -254);
  EXPECT_EQ(values_of(DType::iq4_nl, a)[18], 226);
  BlockIq4_Xs b{};
  b.d = half_one;
  b.scales_low[1] = 0x50;  // group 3
  b.scales_high = 3 << 6;
  b.nibbles[48 + 15] = 0x90;
  EXPECT_EQ(values_of(DType::iq4_xs, b)[127], (5 + 48 - 32) * 13);
  BlockMxfp4 c{};
  c.exponent = 129;
  c.nibbles[0] = 0xe3;
  EXPECT_EQ(values_of(DType::mxfp4, c)[0], 6);
  EXPECT_EQ(values_of(DType::mxfp4, c)[16], -16);
  c.exponent = 0;  // the smallest scale, 2^-127
  EXPECT_EQ(values_of(DType::mxfp4, c)[0], 1.5f * std::ldexp(1.0f, -127));
}

TEST(QuantBlocks, EightBitFloats) {
  const auto e4m3 = [](uint8_t bits) { return values_of(DType::f8_e4m3, bits)[0]; };
  const auto e5m2 = [](uint8_t bits) { return values_of(DType::f8_e5m2, bits)[0]; };
  EXPECT_EQ(e4m3(0x7e), 448);
  EXPECT_EQ(e4m3(0xb8), -1);
  EXPECT_EQ(e4m3(0x01), std::ldexp(1.0f, -9));
  EXPECT_TRUE(std::isnan(e4m3(0x7f)));
  EXPECT_EQ(e5m2(0x7b), 57344);
  EXPECT_EQ(e5m2(0x03), 3 * std::ldexp(1.0f, -16));
  EXPECT_EQ(e5m2(0xfc), -std::numeric_limits<float>::infinity());
}

// A quantizer that stores what it should: the error is at most half a step (one where the extreme is clipped).
TEST(QuantBlocks, ReferenceQuantizerStaysWithinAStep) {
  const std::pair<DType, double> steps[] = {{DType::q4_0, 1.0 / 7},  {DType::q4_1, 2.0 / 15},  {DType::q5_0, 1.0 / 15},
                                            {DType::q5_1, 2.0 / 31}, {DType::q8_0, 1.0 / 127}, {DType::q4_k, 2.2 / 15},
                                            {DType::q5_k, 2.3 / 31}, {DType::q6_k, 1.1 / 31}};
  for (const auto& [type, step] : steps) {
    const std::vector<float> x = testing::random_values(1024, 3);
    std::vector<std::byte> bytes(dtype_bytes(type, 1024));
    quantize_row(type, x.data(), bytes.data(), 1024);
    std::vector<float> y(1024);
    dequantize(type, bytes.data(), 1024, y.data());
    double largest = 0, worst = 0;
    for (const float value : x) largest = std::max(largest, std::abs(static_cast<double>(value)));
    for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(x[i]) - y[i]));
    EXPECT_LE(worst, 0.6 * step * largest) << dtype_name(type);
    EXPECT_GT(worst, 0) << dtype_name(type);
  }
}

TEST(Half, EveryF16SurvivesTheRoundTrip) {
  std::vector<uint16_t> halves(65536), back(65536), rows(65536);
  std::vector<float> floats(65536), plain(65536);
  for (size_t i = 0; i < halves.size(); ++i) {
    halves[i] = static_cast<uint16_t>(i);
    plain[i] = f16_to_f32(halves[i]);
    rows[i] = f32_to_f16(plain[i]);
    EXPECT_TRUE(std::isnan(plain[i]) || rows[i] == halves[i]) << i;
  }
  EXPECT_EQ(plain[0x0001], std::ldexp(1.0f, -24));
  EXPECT_EQ(plain[0x7bff], 65504);
  EXPECT_EQ(plain[0xfc00], -std::numeric_limits<float>::infinity());
  on_every_instruction_set([&] {
    f16_to_f32_row(halves.data(), 65535, floats.data());  // an odd count
    f32_to_f16_row(plain.data(), 65535, back.data());
    for (size_t i = 0; i < 65535; ++i) {
      if (std::isnan(plain[i])) {
        ASSERT_TRUE(std::isnan(floats[i]) && std::isnan(f16_to_f32(back[i]))) << i;
      } else {
        ASSERT_EQ(std::bit_cast<uint32_t>(floats[i]), std::bit_cast<uint32_t>(plain[i])) << i;
        ASSERT_EQ(back[i], halves[i]) << i;
      }
    }
  });
}

TEST(Half, RoundsToNearestEven) {
  std::vector<float> x{1.0f + 1.0f / 2048, 1.0f + 3.0f / 2048, 65519.0f, 65520.0f, 1e-8f, 3e-8f, -2.5e-7f, 1e30f};
  const std::vector<uint16_t> expected{0x3c00, 0x3c02, 0x7bff, 0x7c00, 0x0000, 0x0001, 0x8004, 0x7c00};
  std::vector<uint16_t> y(x.size());
  on_every_instruction_set([&] {
    f32_to_f16_row(x.data(), static_cast<int64_t>(x.size()), y.data());
    EXPECT_EQ(y, expected);
  });
  for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(f32_to_f16(x[i]), expected[i]) << x[i];
}

TEST(Half, BfloatRoundsToNearestEven) {
  const std::vector<float> x = {1.0f,
                                1.0f + 1.0f / 256,
                                1.0f + 3.0f / 256,
                                -3e38f,
                                3.4e38f,
                                1e-40f,
                                0.1f,
                                7,
                                8,
                                9,
                                -0.0f,
                                2.5f,
                                1e-3f,
                                1e3f,
                                5.55f,
                                6.66f,
                                7.77f};
  on_every_instruction_set([&] {
    std::vector<uint16_t> y(x.size());
    std::vector<float> back(x.size());
    f32_to_bf16_row(x.data(), static_cast<int64_t>(x.size()), y.data());
    bf16_to_f32_row(y.data(), static_cast<int64_t>(x.size()), back.data());
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(y[i], f32_to_bf16(x[i]));
      EXPECT_EQ(back[i], bf16_to_f32(y[i]));
    }
    EXPECT_EQ(y[1], 0x3f80);
    EXPECT_EQ(y[2], 0x3f82);
  });
}

}  // namespace
}  // namespace diptych::kernels::cpu
