// Where solvers take their normal draws from. A draw is one tensor of the latents' size; the order of the draws is the
// reference's, so a recorded or emulated stream can be replayed.
#pragma once

#include <span>

namespace diptych::diffusion {

class NoiseSource {
 public:
  virtual ~NoiseSource() = default;
  virtual void fill_normal(std::span<float> values) = 0;  // mean 0, variance 1
};

}  // namespace diptych::diffusion
