#include "engine/bench/achieved.h"

#include <gtest/gtest.h>

namespace diptych::bench {
namespace {

const kernels::bench::Roofline machine{
    .threads = 2, .dram_read_gb_per_s = 20, .f32_gflop_per_s = 200, .int8_gop_per_s = 400};

TEST(Achieved, MemoryBound) {
  const Cost cost{.flops = 1e9, .int8_flops = 1e9, .weight_bytes = 4e9, .read_bytes = 0.5e9, .written_bytes = 0.5e9};
  const Achieved result = achieved(cost, 0.5, machine);
  EXPECT_DOUBLE_EQ(result.bandwidth_gb_s, 10);
  EXPECT_DOUBLE_EQ(result.gflop_s, 2);
  EXPECT_DOUBLE_EQ(result.bandwidth_percent, 50);
  EXPECT_DOUBLE_EQ(result.compute_percent, 0.5);
  EXPECT_DOUBLE_EQ(result.roofline_percent, 50);
}

TEST(Achieved, ComputeBoundAgainstBothCeilings) {
  // 200 G of 8-bit products take half a second at best, 50 GFLOP of f32 a quarter: together 75 % of one second.
  const Achieved result = achieved({.flops = 250e9, .int8_flops = 200e9}, 1, machine);
  EXPECT_DOUBLE_EQ(result.compute_percent, 75);
  EXPECT_DOUBLE_EQ(result.roofline_percent, 75);
}

TEST(Achieved, UnknownCeilingsGiveZero) {
  EXPECT_EQ(achieved({.flops = 1e9, .weight_bytes = 1e9}, 1, {}).roofline_percent, 0);
}

}  // namespace
}  // namespace diptych::bench
