// The noise streams a user can choose: `--rng`.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/core/random.h"
#include "engine/diffusion/noise/noise_source.h"

namespace diptych::diffusion {

enum class NoiseKind {
  philox,      // ours: a value depends on seed and index alone
  torch_cpu,   // as torch.Generator("cpu")
  torch_cuda,  // as torch.Generator("cuda")
};

NoiseKind parse_noise_kind(std::string_view name);  // "philox", "torch-cpu", "torch-cuda". Error (invalid_argument)

// One stream per image, so that an image does not depend on its neighbours in a batch.
std::unique_ptr<NoiseSource> make_noise_source(NoiseKind kind, uint64_t seed);

class PhiloxNoise final : public NoiseSource {
 public:
  explicit PhiloxNoise(uint64_t seed, std::string_view purpose = "latents") : stream_(seed, purpose) {}
  void fill_normal(std::span<float> values) override;

 private:
  RandomStream stream_;
  uint64_t used_ = 0;  // normals drawn so far
};

}  // namespace diptych::diffusion
