// The machine that a measurement was made on: without it a figure says little.
#pragma once

#include <cstdint>
#include <string>

namespace diptych::bench {

struct Machine {
  std::string cpu;              // as the system names it
  std::string instruction_set;  // what the kernels chose: "AVX2", "AVX3_DL", "NEON", …
  std::string system;           // "Linux 6.1.0 x86_64"
  int usable_cores = 0;         // by this process
  int64_t l3_bytes = 0;         // of the last cache; 0 where the system does not say
  int64_t memory_bytes = 0;
  double load_average = 0;  // of the last minute when asked: other programs slow down what is measured
};

Machine this_machine();

}  // namespace diptych::bench
