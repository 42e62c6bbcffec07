#include "engine/core/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__SANITIZE_THREAD__)
#define DIPTYCH_STD_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DIPTYCH_STD_THREADS 1
#endif
#endif
#ifndef DIPTYCH_STD_THREADS
#define DIPTYCH_STD_THREADS 0
#include <omp.h>
#endif

namespace diptych {
namespace {

// One loop in flight: ranges are claimed from a shared counter.
struct Loop {
  int64_t n, grain;
  RangeBody body;
  std::atomic<int64_t> next{0};
  std::mutex failure_mutex;
  std::exception_ptr failure;

  void work() {
    try {
      for (;;) {
        const int64_t begin = next.fetch_add(grain, std::memory_order_relaxed);
        if (begin >= n) return;
        body(begin, std::min(n, begin + grain));
      }
    } catch (...) {
      next.store(n, std::memory_order_relaxed);  // the others stop at their next range
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  }
};

}  // namespace

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

ThreadPool::ThreadPool(int threads) : threads_(threads > 0 ? threads : usable_cores()) {}

void ThreadPool::parallel_for(int64_t n, int64_t grain, RangeBody body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  if (threads_ == 1 || n <= grain) {
    body(0, n);
    return;
  }
  Loop loop{n, grain, body, 0, {}, nullptr};
#if DIPTYCH_STD_THREADS
  std::vector<std::thread> others;
  for (int i = 1; i < threads_; ++i) others.emplace_back([&loop] { loop.work(); });
  loop.work();
  for (std::thread& other : others) other.join();
#else
#pragma omp parallel num_threads(threads_)
  loop.work();
#endif
  if (loop.failure) std::rethrow_exception(loop.failure);
}

}  // namespace diptych
