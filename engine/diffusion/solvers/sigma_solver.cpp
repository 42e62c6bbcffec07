#include "engine/diffusion/solvers/sigma_solver.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::diffusion {

float SigmaSolver::input_sigma() const {
  return sigma(position());
}

void SigmaSolver::add_noise(std::span<float> sample, std::span<const float> noise) const {
  assert(sample.size() == noise.size());
  const float level = input_sigma();
  for (size_t i = 0; i < sample.size(); ++i)
    sample[i] = is_flow() ? level * noise[i] + (1.0f - level) * sample[i] : sample[i] + noise[i] * level;
}

void SigmaSolver::scale_model_input(std::span<float> input) const {
  if (is_flow()) return;
  const float level = input_sigma();
  const float divisor = std::sqrt(level * level + 1.0f);
  for (float& value : input) value /= divisor;
}

std::vector<float> SigmaSolver::denoised(float level, std::span<const float> output,
                                         std::span<const float> sample) const {
  std::vector<float> clean(output.begin(), output.end());
  switch (model_.prediction) {
    case Prediction::sample:
      break;
    case Prediction::epsilon:
    case Prediction::flow:
      for (size_t i = 0; i < clean.size(); ++i) clean[i] = sample[i] - level * output[i];
      break;
    case Prediction::v: {
      const float square = level * level + 1.0f;
      const float scale = -level / std::sqrt(square);
      for (size_t i = 0; i < clean.size(); ++i) clean[i] = output[i] * scale + sample[i] / square;
      break;
    }
  }
  return clean;
}

AncestralStep ancestral_step(float from, float to, float eta) {
  const float fresh = std::sqrt(to * to * (from * from - to * to) / (from * from));
  const float up = std::min(to, eta * fresh);
  return {std::sqrt(std::max(to * to - up * up, 0.0f)), up};
}

FlowAncestralStep flow_ancestral_step(float from, float to, float eta) {
  if (to == 0) return {0, 1, 0};
  const float down = to * (1.0f + (to / from - 1.0f) * eta);
  const float scale = (1.0f - to) / (1.0f - down);
  return {down, scale, std::sqrt(std::max(to * to - down * down * scale * scale, 0.0f))};
}

}  // namespace diptych::diffusion
