#include "engine/core/random.h"

#include <gtest/gtest.h>

#include <set>

namespace diptych {
namespace {

// The vectors published with the Random123 library (kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, MeetsThePublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, SeedPurposeAndIndexDecideTheValue) {
  const RandomStream stream(7, "sampler");
  EXPECT_EQ(stream.bits(3), RandomStream(7, "sampler").bits(3));
  EXPECT_NE(stream.bits(3), stream.bits(4));
  EXPECT_NE(stream.bits(3), RandomStream(8, "sampler").bits(3));
  EXPECT_NE(stream.bits(3), RandomStream(7, "dropout").bits(3));
  EXPECT_NE(stream.bits(3), RandomStream(7 + (uint64_t{1} << 32), "sampler").bits(3));
  EXPECT_NE(stream.bits(3), stream.bits(3 + (uint64_t{1} << 32)));
}

TEST(RandomStream, UniformValuesFillTheInterval) {
  const RandomStream stream(1, "test");
  double sum = 0, squares = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const double u = stream.uniform(static_cast<uint64_t>(i));
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Six standard deviations of the mean (1/sqrt(12 n)) and of the mean square (sqrt(4/45 / n)).
  EXPECT_NEAR(sum / n, 0.5, 6 * 0.2887 / 316.2);
  EXPECT_NEAR(squares / n, 1.0 / 3, 6 * 0.2981 / 316.2);
}

TEST(FreshSeed, DiffersAndCanBeTyped) {
  std::set<int64_t> seeds;
  for (int i = 0; i < 20; ++i) {
    const int64_t seed = fresh_seed();
    EXPECT_GE(seed, 0);
    EXPECT_LE(seed, 0x7FFFFFFF);
    seeds.insert(seed);
  }
  EXPECT_GT(seeds.size(), 15u);
}

}  // namespace
}  // namespace diptych
