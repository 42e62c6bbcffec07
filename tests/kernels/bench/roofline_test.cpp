#include "kernels/bench/roofline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "kernels/bench/roofline_loops.h"
#include "kernels/cpu/instruction_sets.h"

namespace diptych::kernels::bench {
namespace {

TEST(Roofline, LoopsCountWhatTheyDo) {
  EXPECT_GT(fma_loop(1000), 0);
  EXPECT_EQ(fma_loop(2000), 2 * fma_loop(1000));
  EXPECT_EQ(int8_loop(2000), 2 * int8_loop(1000));
  // Twice the rounds take about twice as long: nothing was optimised away.
  const double once = best_seconds(1, 20, [](int) { fma_loop(100'000); });
  const double four_times = best_seconds(1, 20, [](int) { fma_loop(400'000); });
  EXPECT_GT(four_times, 2 * once);
  const double short_dot = best_seconds(1, 20, [](int) { int8_loop(20'000); });
  EXPECT_GT(best_seconds(1, 20, [](int) { int8_loop(80'000); }), 2 * short_dot);
}

// One instruction multiplies four times as many values of 8 bits as of 32: a loop that moves its sums through memory
// finds half of that, and kernels seem to be faster than what the machine can do.
TEST(Roofline, TheDotInstructionIsMeasuredFromRegisters) {
  if (cpu::instruction_set() != "AVX3_DL") GTEST_SKIP() << "the machine has no such instruction";
  constexpr int64_t rounds = 50'000;
  double work = 0;
  const double f32 = best_seconds(1, 20, [&](int) { work = fma_loop(rounds); }), f32_rate = work / f32;
  const double int8 = best_seconds(1, 20, [&](int) { work = int8_loop(rounds); });
  EXPECT_GT(work / int8, 3 * f32_rate);
}

TEST(Roofline, ReadsToTheEnd) {
  std::vector<std::byte> data(1 << 16);
  const uint64_t nothing = read_loop(data.data(), data.size());
  EXPECT_EQ(nothing, 0u);
  data[data.size() - 64] = std::byte{1};  // of the first lane, which the sum is taken from
  EXPECT_NE(read_loop(data.data(), data.size()), nothing);
}

TEST(BestSeconds, RunsEveryThreadAndTakesTheLeast) {
  std::atomic<int> calls{0}, threads{0};
  const double seconds = best_seconds(3, 4, [&](int thread) {
    ++calls;
    threads |= 1 << thread;
    if (calls <= 3) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  EXPECT_EQ(calls, 12);
  EXPECT_EQ(threads, 7);
  EXPECT_LT(seconds, 0.05);
}

}  // namespace
}  // namespace diptych::kernels::bench
