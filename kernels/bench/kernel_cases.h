// The cases of each family of kernels, and what they are timed with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/bench/kernel_bench.h"

namespace diptych::kernels::bench {

class CaseRunner {
 public:
  CaseRunner(const KernelBenchOptions& options, const std::function<void(const KernelTiming&)>& report)
      : options_(options), report_(report) {}

  int threads() const { return options_.threads; }
  bool wants(const std::string& name) const { return name.find(options_.only) != std::string::npos; }

  // `work(begin, end)` is dealt out to the threads in turn, in ranges of a multiple of `grain` items; bytes and flops
  // are those of all `items`. Fills `timing.seconds` and reports.
  void run(KernelTiming timing, int64_t items, int64_t grain, const std::function<void(int64_t, int64_t)>& work) const;

 private:
  const KernelBenchOptions& options_;
  const std::function<void(const KernelTiming&)>& report_;
};

std::vector<float> some_values(int64_t count);  // in [-1, 1), always the same

void matmul_cases(const CaseRunner& runner);
void attention_cases(const CaseRunner& runner);
void row_cases(const CaseRunner& runner);  // norms, rope, activations, preparation

}  // namespace diptych::kernels::bench
