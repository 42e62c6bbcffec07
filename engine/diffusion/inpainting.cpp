#include "engine/diffusion/inpainting.h"

#include <vector>

namespace diptych::diffusion {

void Inpainting::put_back(const Solver& solver, Tensor& latents) const {
  const auto known = original_.span<float>();
  std::vector<float> noisy(known.begin(), known.end());
  if (!solver.finished()) solver.add_noise(noisy, noise_.span<float>());
  const auto mask = mask_.span<float>();
  const auto values = latents.span<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    const float open = mask[i % mask.size()];
    values[i] = (1 - open) * noisy[i] + open * values[i];
  }
}

}  // namespace diptych::diffusion
