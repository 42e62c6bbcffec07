// Shared by the tests of kernels: random inputs, stored weights, and running a check on every instruction set.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"
#include "kernels/cpu/instruction_sets.h"

namespace diptych::kernels::cpu::testing {

inline std::vector<float> random_values(int64_t count, uint32_t seed, float deviation = 1.0f) {
  std::mt19937 source(seed);
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(source);
  return values;
}

// Random values as a type stores them.
inline std::vector<std::byte> stored(DType type, int64_t count, uint32_t seed, float deviation = 0.05f) {
  const std::vector<float> values = random_values(count, seed, deviation);
  std::vector<std::byte> bytes(dtype_bytes(type, count));
  if (is_quantized(type)) {
    quantize_row(type, values.data(), bytes.data(), count);
    return bytes;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (type == DType::f32) {
      std::memcpy(&bytes[4 * i], &values[i], 4);
    } else {
      const uint16_t half = type == DType::f16 ? f32_to_f16(values[i]) : f32_to_bf16(values[i]);
      std::memcpy(&bytes[2 * i], &half, 2);
    }
  }
  return bytes;
}

template <typename Check>
void on_every_instruction_set(const Check& check) {
  for (const std::string_view name : instruction_sets()) {
    SCOPED_TRACE(std::string(name));
    use_instruction_set(name);
    check();
  }
  use_instruction_set("");
}

}  // namespace diptych::kernels::cpu::testing
