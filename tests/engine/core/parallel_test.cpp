#include "engine/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace diptych {
namespace {

TEST(ParallelFor, CoversTheRangeOnceInMultiplesOfTheGrain) {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    for (const int64_t n : {1, 2, 15, 64, 1000}) {
      for (const int64_t grain : {1, 4, 100}) {
        std::vector<std::atomic<int>> seen(static_cast<size_t>(n));
        pool.parallel_for(n, grain, [&](int64_t begin, int64_t end) {
          EXPECT_EQ(begin % grain, 0);
          EXPECT_TRUE(end == n || end % grain == 0);
          for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
        });
        for (const auto& count : seen) ASSERT_EQ(count, 1);
      }
    }
    pool.parallel_for(0, 1, [](int64_t, int64_t) { FAIL() << "an empty range has no work"; });
  }
}

// What a loop writes is there after it, however quickly the next begins, and after pauses in which helpers sleep.
TEST(ParallelFor, ManyShortLoopsSeeEachOthersResults) {
  ThreadPool pool(4);
  std::vector<int64_t> values(64, 0);
  for (int64_t round = 1; round <= 20000; ++round) {
    pool.parallel_for(64, 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        values[static_cast<size_t>(i)] += values[static_cast<size_t>(i)] == round - 1;
    });
    if (round % 4000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  for (const int64_t value : values) EXPECT_EQ(value, 20000);
}

TEST(ParallelFor, HelpersTakePart) {
  ThreadPool pool(2);
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  for (int attempt = 0; attempt < 100 && !met; ++attempt) {
    pool.parallel_for(2, 1, [&](int64_t, int64_t) {
      ++inside;
      for (int i = 0; i < 1000 && !met; ++i) {
        if (inside == 2) met = true;
        std::this_thread::sleep_for(std::chrono::microseconds(10));
      }
      --inside;
    });
  }
  EXPECT_TRUE(met);
}

TEST(ParallelFor, ExceptionsReachTheCallerAndThePoolGoesOn) {
  ThreadPool pool(3);
  for (int round = 0; round < 100; ++round) {
    EXPECT_THROW(pool.parallel_for(100, 1,
                                   [&](int64_t begin, int64_t) {
                                     if (begin == 42) throw std::runtime_error("range 42");
                                   }),
                 std::runtime_error);
  }
  std::atomic<int64_t> sum{0};
  pool.parallel_for(100, 1, [&](int64_t begin, int64_t) { sum += begin; });
  EXPECT_EQ(sum, 4950);
}

TEST(ParallelFor, LoopsInsideAndBesideALoopRun) {
  ThreadPool pool(3);
  std::atomic<int64_t> inner{0};
  pool.parallel_for(8, 1, [&](int64_t, int64_t) {
    pool.parallel_for(10, 1, [&](int64_t begin, int64_t end) { inner += end - begin; });
  });
  EXPECT_EQ(inner, 80);
  std::atomic<int64_t> total{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      ThreadPool own(3);
      for (int round = 0; round < 500; ++round) {
        own.parallel_for(20, 1, [&](int64_t begin, int64_t end) { total += end - begin; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total, 4 * 500 * 20);
}

}  // namespace
}  // namespace diptych
