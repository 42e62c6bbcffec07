// What this machine can do at most: measured, with the instructions that the kernels use.
#pragma once

#include <functional>

namespace diptych::kernels::bench {

struct Roofline {
  int threads = 0;
  double dram_read_gb_per_s = 0;  // 10^9 bytes of a buffer twice as large as the last cache
  double f32_gflop_per_s = 0;     // 10^9 multiplications and additions of fused multiply-adds
  double int8_gop_per_s = 0;      // 10^9 multiplications and additions of 8-bit dot products
};

// Takes about a second per number of threads. Each figure is the best of several runs: other load only lowers it.
Roofline measure_roofline(int threads);

// Seconds that `work(thread)` takes when run by `threads` threads that start together; the least of `runs` runs.
double best_seconds(int threads, int runs, const std::function<void(int thread)>& work);

}  // namespace diptych::kernels::bench
