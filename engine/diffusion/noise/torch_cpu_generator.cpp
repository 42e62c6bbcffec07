#include "engine/diffusion/noise/torch_cpu_generator.h"

#include <cmath>
#include <numbers>
#include <type_traits>

namespace diptych::diffusion {
namespace {

constexpr size_t group = 16, half_group = 8;

// values[0..8) hold what becomes radii, values[8..16) angles.
template <typename Value>
void box_muller_group(Value* values) {
  for (size_t i = 0; i < half_group; ++i) {
    const Value u1 = Value{1} - values[i];  // from [0, 1) to (0, 1], for the logarithm
    const Value radius = std::sqrt(Value{-2} * std::log(u1));
    const Value angle = Value{2} * std::numbers::pi_v<Value> * values[i + half_group];
    values[i] = radius * std::cos(angle);
    values[i + half_group] = radius * std::sin(angle);
  }
}

}  // namespace

// Only the low 32 bits seed the engine, as there.
TorchCpuGenerator::TorchCpuGenerator(uint64_t seed) : engine_(static_cast<uint32_t>(seed)) {}

uint32_t TorchCpuGenerator::random_32() {
  return static_cast<uint32_t>(engine_());
}

uint64_t TorchCpuGenerator::random_64() {
  const uint64_t high = random_32();
  return high << 32 | random_32();
}

float TorchCpuGenerator::uniform_float() {
  return static_cast<float>(random_32() & 0xFFFFFF) * 0x1p-24f;
}

double TorchCpuGenerator::uniform_double() {
  return static_cast<double>(random_64() & 0x1FFFFFFFFFFFFF) * 0x1p-53;
}

double TorchCpuGenerator::next_normal() {
  if (kept_) {
    const double value = *kept_;
    kept_.reset();
    return value;
  }
  const double u1 = uniform_double(), u2 = uniform_double();
  const double radius = std::sqrt(-2 * std::log1p(-u2)), angle = 2 * std::numbers::pi * u1;
  kept_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

template <typename Value>
void TorchCpuGenerator::fill(std::span<Value> values) {
  const auto uniform = [this] {
    if constexpr (std::is_same_v<Value, float>)
      return uniform_float();
    else
      return uniform_double();
  };
  if (values.size() < group) {
    for (Value& value : values) value = static_cast<Value>(next_normal());
    return;
  }
  for (Value& value : values) value = uniform();
  for (size_t i = 0; i + group <= values.size(); i += group) box_muller_group(values.data() + i);
  if (values.size() % group != 0) {
    Value* last = values.data() + values.size() - group;
    for (size_t i = 0; i < group; ++i) last[i] = uniform();
    box_muller_group(last);
  }
}

void TorchCpuGenerator::fill_normal(std::span<float> values) {
  fill(values);
}

void TorchCpuGenerator::fill_normal(std::span<double> values) {
  fill(values);
}

void TorchCpuGenerator::fill_uniform(std::span<float> values) {
  for (float& value : values) value = uniform_float();
}

}  // namespace diptych::diffusion
