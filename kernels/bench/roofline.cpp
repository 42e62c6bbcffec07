#include "kernels/bench/roofline.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/bench/roofline_loops.h"

namespace diptych::kernels::bench {
namespace {

struct Free {
  void operator()(std::byte* data) const { std::free(data); }
};

// Bytes that each thread reads: together at least twice the last cache, so that little of it is found there.
size_t bytes_per_thread(int threads) {
  long cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
  const size_t all = std::clamp<size_t>(2 * static_cast<size_t>(std::max(cache, 0l)), 256u << 20, 1024u << 20);
  return all / static_cast<size_t>(threads) / 4096 * 4096;
}

double read_rate(int threads) {
  const size_t bytes = bytes_per_thread(threads);
  std::vector<std::unique_ptr<std::byte, Free>> buffers(static_cast<size_t>(threads));
  best_seconds(threads, 1, [&](int thread) {  // each thread touches its own first
    auto& buffer = buffers[static_cast<size_t>(thread)];
    buffer.reset(static_cast<std::byte*>(std::aligned_alloc(4096, bytes)));
    if (buffer != nullptr) std::memset(buffer.get(), thread + 1, bytes);
  });
  for (const auto& buffer : buffers) {
    if (buffer == nullptr) return 0;
  }
  std::atomic<uint64_t> sum{0};
  const double seconds = best_seconds(
      threads, 5, [&](int thread) { sum += read_loop(buffers[static_cast<size_t>(thread)].get(), bytes); });
  return static_cast<double>(bytes) * threads / seconds / 1e9;
}

double compute_rate(int threads, double (*loop)(int64_t)) {
  constexpr int64_t rounds = 2'000'000;
  std::atomic<double> done{0};
  const double seconds = best_seconds(threads, 5, [&](int) { done = loop(rounds); });
  return done * threads / seconds / 1e9;
}

}  // namespace

double best_seconds(int threads, int runs, const std::function<void(int thread)>& work) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < runs; ++run) {
    std::atomic<int> ready{0};
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) {
      others.emplace_back([&, i] {
        ++ready;
        while (ready.load(std::memory_order_relaxed) < threads) std::this_thread::yield();
        work(i);
      });
    }
    while (ready.load() < threads - 1) std::this_thread::yield();
    const auto start = Clock::now();
    ++ready;
    work(0);
    for (std::thread& other : others) other.join();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

Roofline measure_roofline(int threads) {
  return {threads, read_rate(threads), compute_rate(threads, fma_loop), compute_rate(threads, int8_loop)};
}

}  // namespace diptych::kernels::bench
