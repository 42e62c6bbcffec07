// One 32-value block of 8-bit activations, the unit that int8 kernels read: a cache line.
//
// Weights are stored as unsigned levels; what their offset adds to a dot product is offset * sum(values), so the
// negated multiples that the formats need stand ready as the dot product's start.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

struct ActivationBlock {
  float scale;            // largest magnitude / 127
  float scaled_sum;       // scale * sum(values): times a minimum
  int32_t start_8;        // -8 * sum(values): q4_0
  int32_t start_16;       // -16 * sum: q5_0
  int32_t start_128;      // -128 * sum: q8_0
  int32_t start_32_low;   // -32 * sum(values 0 … 15): q6_k, whose scales cover 16 values
  int32_t start_32_high;  // -32 * sum(values 16 … 31)
  int32_t unused;
  int8_t values[32];
};
static_assert(sizeof(ActivationBlock) == 64);

}  // namespace diptych::kernels::cpu
