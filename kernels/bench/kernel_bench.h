// Every kernel at the shapes of real models, timed for comparison with the measured roofline.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace diptych::kernels::bench {

struct KernelTiming {
  std::string name;             // "matmul q4_1 1536x576 tokens 512"
  std::vector<double> seconds;  // of each repetition
  double bytes = 0;             // that must come from or go to memory at least once
  double flops = 0;             // a multiply-add counts as two
  bool int8 = false;            // whether they are 8-bit products
};

struct KernelBenchOptions {
  int threads = 1;
  int repeats = 5;
  std::string only;  // kernels whose name contains it
};

// Calls `report` with each kernel as soon as it is measured; a repetition lasts some milliseconds.
void run_kernel_bench(const KernelBenchOptions& options, const std::function<void(const KernelTiming&)>& report);

}  // namespace diptych::kernels::bench
