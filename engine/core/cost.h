// What an op does, declared by the op itself: the one source of gauges, profiler, roofline and planner.
#pragma once

#include <cstdint>

namespace diptych {

struct Cost {
  double flops = 0;         // a multiply-add counts as two
  double int8_flops = 0;    // those of them that are products of 8-bit integers: another ceiling than f32
  double weight_bytes = 0;  // read from weights
  double read_bytes = 0;    // activations and KV read
  double written_bytes = 0;
  double communicated_bytes = 0;  // sent between devices

  double bytes() const { return weight_bytes + read_bytes + written_bytes; }

  Cost& operator+=(const Cost& other) {
    flops += other.flops;
    int8_flops += other.int8_flops;
    weight_bytes += other.weight_bytes;
    read_bytes += other.read_bytes;
    written_bytes += other.written_bytes;
    communicated_bytes += other.communicated_bytes;
    return *this;
  }
  friend Cost operator-(Cost a, const Cost& b) {
    a.flops -= b.flops;
    a.int8_flops -= b.int8_flops;
    a.weight_bytes -= b.weight_bytes;
    a.read_bytes -= b.read_bytes;
    a.written_bytes -= b.written_bytes;
    a.communicated_bytes -= b.communicated_bytes;
    return a;
  }
};

}  // namespace diptych
