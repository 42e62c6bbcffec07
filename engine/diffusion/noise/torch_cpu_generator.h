// The random numbers of torch.Generator("cpu"): the same initial noise for the same seed as PyTorch gives.
//
// The engine is mt19937. torch.randn takes two ways: fewer than 16 values are drawn one by one in double with the
// second of each Box-Muller pair kept for the next call; 16 and more are filled with uniforms first, then transformed
// in groups of sixteen (eight radii, eight angles), and where the size is no multiple of sixteen the last sixteen are
// drawn anew. PyTorch computes the transform with approximate vector functions on some machines; values agree to about
// 1e-6.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "engine/diffusion/noise/noise_source.h"

namespace diptych::diffusion {

class TorchCpuGenerator final : public NoiseSource {
 public:
  explicit TorchCpuGenerator(uint64_t seed);

  void fill_normal(std::span<float> values) override;  // torch.randn(n)
  void fill_normal(std::span<double> values);          // torch.randn(n, dtype=torch.float64)
  void fill_uniform(std::span<float> values);          // torch.rand(n)

 private:
  uint32_t random_32();
  uint64_t random_64();
  double uniform_double();
  float uniform_float();
  double next_normal();

  template <typename Value>
  void fill(std::span<Value> values);

  std::mt19937 engine_;
  std::optional<double> kept_;  // the second normal of a pair
};

}  // namespace diptych::diffusion
