// The loops that measure_roofline times; each returns how much it did.
#pragma once

#include <cstddef>
#include <cstdint>

namespace diptych::kernels::bench {

double fma_loop(int64_t rounds);                          // floating point operations
double int8_loop(int64_t rounds);                         // integer operations
uint64_t read_loop(const std::byte* data, size_t bytes);  // a sum, so that nothing is left out

}  // namespace diptych::kernels::bench
