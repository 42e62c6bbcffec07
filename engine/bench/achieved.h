// What a measurement reached of what the machine can do: declared cost over measured time, against the roofline
// (Williams, Waterman & Patterson 2009).
#pragma once

#include "engine/core/cost.h"
#include "kernels/bench/roofline.h"

namespace diptych::bench {

struct Achieved {
  double bandwidth_gb_s = 0;     // 10^9 declared bytes per second: weights, keys and values, activations
  double gflop_s = 0;            // 10^9 declared operations per second
  double bandwidth_percent = 0;  // of the measured DRAM bandwidth; above 100 where caches serve what is counted
  // Of the measured arithmetic: the time that 8-bit products would take at the int8 ceiling plus the time that the
  // rest would take at the f32 ceiling, over the measured time.
  double compute_percent = 0;
  double roofline_percent = 0;  // the larger of both: how near the work is to what limits it
};

// `roofline` must have been measured with as many threads as the work ran on.
Achieved achieved(const Cost& cost, double seconds, const kernels::bench::Roofline& roofline);

}  // namespace diptych::bench
