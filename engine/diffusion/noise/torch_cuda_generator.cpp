#include "engine/diffusion/noise/torch_cuda_generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "engine/core/random.h"

namespace diptych::diffusion {
namespace {

constexpr uint64_t block_threads = 256;
constexpr uint64_t normals_per_draw = 4;

// cuRAND's Box-Muller: two words to two normals, the sine first.
std::array<float, 2> box_muller(uint32_t x, uint32_t y) {
  constexpr float to_unit = 0x1p-32f;
  constexpr float to_angle = 0x1p-32f * 2.0f * std::numbers::pi_v<float>;
  const float u = static_cast<float>(x) * to_unit + to_unit / 2;  // (0, 1]
  const float angle = static_cast<float>(y) * to_angle + to_angle / 2;
  const float radius = std::sqrt(-2.0f * std::log(u));
  return {radius * std::sin(angle), radius * std::cos(angle)};
}

std::array<float, normals_per_draw> draw(uint64_t seed, uint64_t thread, uint64_t counter) {
  const auto words = philox4x32({static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32),
                                 static_cast<uint32_t>(thread), static_cast<uint32_t>(thread >> 32)},
                                {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  const auto first = box_muller(words[0], words[1]), second = box_muller(words[2], words[3]);
  return {first[0], first[1], second[0], second[1]};
}

}  // namespace

void TorchCudaGenerator::fill_normal(std::span<float> values) {
  if (values.empty()) return;
  const uint64_t size = values.size();
  const auto most_blocks = static_cast<uint64_t>(device_.multiprocessors) *
                           (static_cast<uint64_t>(device_.threads_per_multiprocessor) / block_threads);
  const uint64_t blocks = std::min(most_blocks, (size + block_threads - 1) / block_threads);
  const uint64_t threads = blocks * block_threads;
  const uint64_t rounds = (size - 1) / (threads * normals_per_draw) + 1;
  for (uint64_t round = 0; round < rounds; ++round) {
    for (uint64_t thread = 0; thread < threads; ++thread) {
      const uint64_t begin = round * threads * normals_per_draw + thread;
      if (begin >= size) break;
      const auto normals = draw(seed_, thread, offset_ / normals_per_draw + round);
      for (uint64_t i = 0; i < normals_per_draw && begin + i * threads < size; ++i)
        values[begin + i * threads] = normals[i];
    }
  }
  offset_ += rounds * normals_per_draw;
}

}  // namespace diptych::diffusion
