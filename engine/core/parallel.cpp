#include "engine/core/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace diptych {
namespace {

void pause_briefly() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

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

// The threads that help. A helper joins a loop by counting itself in, and the caller waits for those who did, not for
// all: a helper that the system has not scheduled, on a busy machine, holds nobody up. One word says everything:
// the loop's number (from bit 32), whether it is open (bit 31), how many may help (16 …) and how many do (0 …).
class Helpers {
 public:
  static Helpers& instance() {
    static Helpers* helpers = new Helpers;  // never destroyed: its threads end with the process
    return *helpers;
  }

  // False if another loop is being worked on, be it an outer one.
  bool run(Loop& loop, int threads) {
    if (busy_.test_and_set(std::memory_order_acquire)) return false;
    start_threads(threads - 1);
    loop_ = &loop;
    const uint64_t number = (state_.load(std::memory_order_relaxed) >> 32) + 1;
    state_.store(number << 32 | open | static_cast<uint64_t>(threads - 1) << 16);
    if (sleepers_.load() > 0) {
      tick_.fetch_add(1);
      tick_.notify_all();
    }
    loop.work();
    state_.fetch_and(~open);
    for (int spins = 0; (state_.load(std::memory_order_acquire) & counts) != 0; ++spins) {
      if (spins < 2000) {
        pause_briefly();
      } else if (spins < 2020) {
        std::this_thread::yield();
      } else {
        sleep_until_helped();
        break;
      }
    }
    busy_.clear(std::memory_order_release);
    return true;
  }

 private:
  static constexpr uint64_t open = uint64_t{1} << 31, counts = 0xffff;

  // A helper has lost its core in the middle of a range. Yielding for long would starve it where it has the lower
  // priority.
  void sleep_until_helped() {
    caller_sleeps_.store(true);
    for (uint64_t state = state_.load(); (state & counts) != 0; state = state_.load()) state_.wait(state);
    caller_sleeps_.store(false, std::memory_order_relaxed);
  }

  void start_threads(int wanted) {
    try {
      for (; threads_ < wanted; ++threads_) std::thread([this, index = threads_] { help(index); }).detach();
    } catch (const std::system_error&) {
      // The system has no more threads: those there are do the work.
    }
  }

  // Counts itself in if the loop is open, new to this helper, and has room.
  bool join(int index, uint64_t& last) {
    uint64_t state = state_.load(std::memory_order_acquire);
    while ((state & open) != 0 && state >> 32 != last && static_cast<uint64_t>(index) < (state >> 16 & 0x7fff)) {
      if (state_.compare_exchange_weak(state, state + 1)) {
        last = state >> 32;
        return true;
      }
    }
    return false;
  }

  void help(int index) {
    uint64_t last = 0;
    for (;;) {
      if (join(index, last)) {
        loop_->work();
        state_.fetch_sub(1);
        if (caller_sleeps_.load()) state_.notify_all();
      } else if (!wait_for_loop(index, last)) {
        sleepers_.fetch_add(1);
        const uint32_t tick = tick_.load();
        // A loop that was opened before this thread counted as asleep rings no bell: look once more.
        if (!is_for(index, last)) tick_.wait(tick);
        sleepers_.fetch_sub(1);
      }
    }
  }

  bool is_for(int index, uint64_t last) const {
    const uint64_t state = state_.load();
    return (state & open) != 0 && state >> 32 != last && static_cast<uint64_t>(index) < (state >> 16 & 0x7fff);
  }

  // Spins for as long as the gap between two loops of a forward usually lasts.
  bool wait_for_loop(int index, uint64_t last) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
    do {
      for (int i = 0; i < 64; ++i) {
        if (is_for(index, last)) return true;
        pause_briefly();
      }
    } while (std::chrono::steady_clock::now() < until);
    return false;
  }

  alignas(64) std::atomic<uint64_t> state_{0};
  alignas(64) Loop* loop_ = nullptr;
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  std::atomic<bool> caller_sleeps_{false};
  std::atomic<uint32_t> tick_{0};
  std::atomic<int> sleepers_{0};
  int threads_ = 0;
};

}  // namespace

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

ThreadPool::ThreadPool(int threads) : threads_(std::min(threads > 0 ? threads : usable_cores(), 4096)) {}

void ThreadPool::parallel_for(int64_t n, int64_t grain, RangeBody body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  if (threads_ == 1 || n <= grain) {
    body(0, n);
    return;
  }
  Loop loop{n, grain, body, 0, {}, nullptr};
  if (!Helpers::instance().run(loop, threads_)) {
    body(0, n);
    return;
  }
  if (loop.failure) std::rethrow_exception(loop.failure);
}

}  // namespace diptych
