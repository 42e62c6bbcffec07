// What this machine was measured to do at most: what achieved figures are held against, and times are estimated from.
#pragma once

#include "engine/core/cost.h"

namespace diptych::host {

struct Roofline {
  double bandwidth_gb_s = 0, gflop_s = 0;  // of f32; 0: not measured yet
  double int8_gop_s = 0;                   // of 8-bit products; 0: as f32

  // The most operations per second of work that is made up like this, products of 8 bits and f32 each at their ceiling.
  // Of no work, f32's; 0: not measured yet.
  double compute_gflop_s(const Cost& cost) const {
    if (cost.flops <= 0 || cost.int8_flops <= 0 || gflop_s <= 0 || int8_gop_s <= 0) return gflop_s;
    return cost.flops / (cost.int8_flops / int8_gop_s + (cost.flops - cost.int8_flops) / gflop_s);
  }
};

}  // namespace diptych::host
