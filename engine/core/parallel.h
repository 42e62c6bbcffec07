// parallel_for: the only place where work is spread over cores. Kernels compute a range and never open a region.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace diptych {

// A non-owning reference to a callable: no allocation on the hot path.
class RangeBody {
 public:
  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, RangeBody>)
      RangeBody(F&& body)  // NOLINT: implicit by design, a lambda is passed directly
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(body)))),
        call_([](void* object, int64_t begin, int64_t end) {
          (*static_cast<std::remove_reference_t<F>*>(object))(begin, end);
        }) {}
  void operator()(int64_t begin, int64_t end) const { call_(object_, begin, end); }

 private:
  void* object_;
  void (*call_)(void*, int64_t, int64_t);
};

// Threads that one context computes with: the caller and helpers that all pools share. Helpers spin briefly between
// loops and then sleep; the caller never waits for one that has not begun, so a busy machine costs its share and no
// more. A loop inside a loop, or beside another thread's, runs on its caller alone.
class ThreadPool {
 public:
  explicit ThreadPool(int threads = 0);  // 0: one per physical core that this process may use

  int threads() const { return threads_; }

  // Calls body(begin, end) on disjoint ranges that cover [0, n), each a multiple of `grain` long but the last, handed
  // out dynamically so that a slow core does less. Exceptions of the body reach the caller.
  void parallel_for(int64_t n, int64_t grain, RangeBody body);

 private:
  int threads_;
};

int usable_cores();

}  // namespace diptych
