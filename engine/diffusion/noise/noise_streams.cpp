#include "engine/diffusion/noise/noise_streams.h"

#include <cmath>
#include <numbers>
#include <string>

#include "engine/core/error.h"
#include "engine/diffusion/noise/torch_cpu_generator.h"
#include "engine/diffusion/noise/torch_cuda_generator.h"

namespace diptych::diffusion {

NoiseKind parse_noise_kind(std::string_view name) {
  if (name == "philox") return NoiseKind::philox;
  if (name == "torch-cpu") return NoiseKind::torch_cpu;
  if (name == "torch-cuda") return NoiseKind::torch_cuda;
  throw Error(ErrorCategory::invalid_argument, "cannot choose random numbers", std::string(name),
              "there is no such generator", "use one of: philox, torch-cpu, torch-cuda");
}

// A value and its neighbour share one Box-Muller pair: an even index takes the cosine, an odd one the sine.
void PhiloxNoise::fill_normal(std::span<float> values) {
  for (float& value : values) {
    const uint64_t pair = used_ / 2 * 2;
    const double radius = std::sqrt(-2 * std::log1p(-stream_.uniform(pair)));
    const double angle = 2 * std::numbers::pi * stream_.uniform(pair + 1);
    value = static_cast<float>(radius * (used_ % 2 ? std::sin(angle) : std::cos(angle)));
    ++used_;
  }
}

std::unique_ptr<NoiseSource> make_noise_source(NoiseKind kind, uint64_t seed) {
  switch (kind) {
    case NoiseKind::torch_cpu:
      return std::make_unique<TorchCpuGenerator>(seed);
    case NoiseKind::torch_cuda:
      return std::make_unique<TorchCudaGenerator>(seed);
    case NoiseKind::philox:
      break;
  }
  return std::make_unique<PhiloxNoise>(seed);
}

}  // namespace diptych::diffusion
