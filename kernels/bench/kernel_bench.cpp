#include "kernels/bench/kernel_bench.h"

#include <algorithm>

#include "kernels/bench/kernel_cases.h"
#include "kernels/bench/roofline.h"

namespace diptych::kernels::bench {

void CaseRunner::run(KernelTiming timing, int64_t items, int64_t grain,
                     const std::function<void(int64_t, int64_t)>& work) const {
  constexpr double least_seconds = 0.004;  // of a repetition: the start of the threads is a small part of it
  const int count = options_.threads;
  const int64_t share = std::max<int64_t>(1, items / (int64_t{count} * 8) / grain) * grain;
  const auto all = [&](int thread) {
    for (int64_t i = thread * share; i < items; i += count * share) work(i, std::min(items, i + share));
  };
  const double once = best_seconds(count, 1, all);
  const int calls = static_cast<int>(std::clamp(least_seconds / once, 1.0, 10000.0));
  for (int repeat = 0; repeat < options_.repeats; ++repeat) {
    const double seconds = best_seconds(count, 1, [&](int thread) {
      for (int i = 0; i < calls; ++i) all(thread);
    });
    timing.seconds.push_back(seconds / calls);
  }
  report_(timing);
}

std::vector<float> some_values(int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

void run_kernel_bench(const KernelBenchOptions& options, const std::function<void(const KernelTiming&)>& report) {
  const CaseRunner runner(options, report);
  matmul_cases(runner);
  attention_cases(runner);
  row_cases(runner);
}

}  // namespace diptych::kernels::bench
