#include "engine/diffusion/solvers/exponential_solver.h"

#include <cassert>
#include <cmath>

#include "engine/diffusion/solvers/dpm_coefficients.h"

namespace diptych::diffusion {

float ExponentialSolver::lambda(int index) const {
  return lambda_of(mix(index));
}

void ExponentialSolver::add_noise(std::span<float> sample, std::span<const float> noise) const {
  assert(sample.size() == noise.size());
  const Mix at = mix(position());
  for (size_t i = 0; i < sample.size(); ++i) sample[i] = at.alpha * sample[i] + at.sigma * noise[i];
}

void ExponentialSolver::scale_model_input(std::span<float> input) const {
  if (!model_.scales_input) return;
  const float sigma = schedule().sigmas[static_cast<size_t>(position())];
  const float divisor = std::sqrt(sigma * sigma + 1.0f);
  for (float& value : input) value /= divisor;
}

ExponentialSolver::Values ExponentialSolver::first_half(std::span<const float> output, size_t values) const {
  if (output.size() == values) return {output.begin(), output.end()};
  const auto batch = static_cast<size_t>(model_.limit.batch);
  const size_t image = values / batch;
  Values kept;
  for (size_t b = 0; b < batch; ++b) {
    const std::span<const float> half = output.subspan(2 * b * image, image);
    kept.insert(kept.end(), half.begin(), half.end());
  }
  return kept;
}

// v-prediction is trained on unit variance: sqrt(alpha-bar) e - sqrt(1 - alpha-bar) x0, whatever the space.
ExponentialSolver::Values ExponentialSolver::predicted_clean(std::span<const float> output,
                                                             std::span<const float> sample) const {
  Values clean = first_half(output, sample.size());
  const float sigma = schedule().sigmas[static_cast<size_t>(position())];
  const Mix at = mix(position());
  const Mix unit = mix_at(model_.space == Space::exploding ? Space::preserving : model_.space, sigma);
  const float scale = model_.space == Space::exploding ? unit.alpha : 1.0f;
  for (size_t i = 0; i < clean.size(); ++i) {
    switch (model_.prediction) {
      case Prediction::epsilon:
        clean[i] = (sample[i] - at.sigma * clean[i]) / at.alpha;
        break;
      case Prediction::v:
        clean[i] = unit.alpha * (scale * sample[i]) - unit.sigma * clean[i];
        break;
      case Prediction::flow:
        clean[i] = sample[i] - sigma * clean[i];
        break;
      case Prediction::sample:
        break;
    }
  }
  model_.limit.apply(clean);
  return clean;
}

ExponentialSolver::Values ExponentialSolver::predicted_noise(std::span<const float> output,
                                                             std::span<const float> sample) const {
  const Mix at = mix(position());
  Values noise = first_half(output, sample.size());
  const bool through_clean = model_.limit.threshold || model_.space == Space::exploding ||
                             model_.prediction == Prediction::flow || model_.prediction == Prediction::sample;
  if (through_clean && !(model_.prediction == Prediction::epsilon && !model_.limit.threshold)) {
    const Values clean = predicted_clean(output, sample);
    for (size_t i = 0; i < noise.size(); ++i) noise[i] = (sample[i] - at.alpha * clean[i]) / at.sigma;
  } else if (model_.prediction == Prediction::v) {
    for (size_t i = 0; i < noise.size(); ++i) noise[i] = at.alpha * noise[i] + at.sigma * sample[i];
  }
  return noise;
}

void ExponentialSolver::remember(Values value, int order) {
  history_.push_front(std::move(value));
  while (static_cast<int>(history_.size()) > order) history_.pop_back();
}

}  // namespace diptych::diffusion
