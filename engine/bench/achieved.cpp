#include "engine/bench/achieved.h"

#include <algorithm>
#include <cassert>

namespace diptych::bench {
namespace {

double share(double amount, double peak) {
  return peak > 0 ? 100 * amount / peak : 0;
}

}  // namespace

Achieved achieved(const Cost& cost, double seconds, const kernels::bench::Roofline& roofline) {
  assert(seconds > 0 && cost.int8_flops <= cost.flops);
  Achieved result;
  result.bandwidth_gb_s = cost.bytes() / seconds / 1e9;
  result.gflop_s = cost.flops / seconds / 1e9;
  result.bandwidth_percent = share(result.bandwidth_gb_s, roofline.dram_read_gb_per_s);
  const double int8_gop_s = cost.int8_flops / seconds / 1e9;
  result.compute_percent =
      share(int8_gop_s, roofline.int8_gop_per_s) + share(result.gflop_s - int8_gop_s, roofline.f32_gflop_per_s);
  result.roofline_percent = std::max(result.bandwidth_percent, result.compute_percent);
  return result;
}

}  // namespace diptych::bench
