#include "engine/train/image/noisy_sample.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::train {
namespace {

// y = a x + b noise for the values of one row.
void mix(std::span<const float> x, std::span<const float> noise, float a, float b, float* y) {
  for (size_t i = 0; i < x.size(); ++i) y[i] = a * x[i] + b * noise[i];
}

struct Rows {
  Tensor latents, noise;
  int64_t values;

  std::span<const float> latents_of(int64_t row) const { return part(latents, row); }
  std::span<const float> noise_of(int64_t row) const { return part(noise, row); }

 private:
  std::span<const float> part(const Tensor& tensor, int64_t row) const {
    return {tensor.data<float>() + row * values, static_cast<size_t>(values)};
  }
};

Rows rows_of(const Tensor& latents, const Tensor& noise) {
  assert(latents.shape() == noise.shape() && latents.contiguous() && noise.contiguous() && latents.dim(0) > 0);
  return {latents, noise, latents.elements() / latents.dim(0)};
}

// A row's weight by its ratio of signal to noise.
float snr_weight(double alpha_bar, diffusion::Prediction prediction, double gamma) {
  const double snr = alpha_bar / (1 - alpha_bar), least = std::min(snr, gamma);
  if (prediction == diffusion::Prediction::v) return static_cast<float>(least / (snr + 1));
  // With no signal left both are zero: the limit is 1.
  return snr > 0 ? static_cast<float>(least / snr) : 1.0f;
}

}  // namespace

NoisySample diffused(Context& ctx, const diffusion::TrainingSchedule& schedule, diffusion::Prediction prediction,
                     const Tensor& latents, const Tensor& noise, std::span<const int64_t> timesteps,
                     std::optional<double> min_snr_gamma) {
  const Rows rows = rows_of(latents, noise);
  assert(static_cast<int64_t>(timesteps.size()) == latents.dim(0));
  NoisySample sample{ctx.output(latents.shape()), ctx.output(latents.shape()), {}};
  for (int64_t row = 0; row < latents.dim(0); ++row) {
    const float alpha_bar = schedule.alphas_cumprod()[static_cast<size_t>(timesteps[static_cast<size_t>(row)])];
    sample.factors.push_back(min_snr_gamma ? snr_weight(static_cast<double>(alpha_bar), prediction, *min_snr_gamma)
                                           : 1.0f);
    if (ctx.is_meta()) continue;
    const float signal = std::sqrt(alpha_bar), strength = std::sqrt(1 - alpha_bar);
    const auto x = rows.latents_of(row), drawn = rows.noise_of(row);
    mix(x, drawn, signal, strength, sample.noisy.data<float>() + row * rows.values);
    float* target = sample.target.data<float>() + row * rows.values;
    switch (prediction) {
      case diffusion::Prediction::epsilon:
        std::ranges::copy(drawn, target);
        break;
      case diffusion::Prediction::sample:
        std::ranges::copy(x, target);
        break;
      default:
        mix(x, drawn, -strength, signal, target);
    }
  }
  return sample;
}

NoisySample interpolated(Context& ctx, const Tensor& latents, const Tensor& noise, std::span<const float> sigmas) {
  const Rows rows = rows_of(latents, noise);
  assert(static_cast<int64_t>(sigmas.size()) == latents.dim(0));
  NoisySample sample{ctx.output(latents.shape()), ctx.output(latents.shape()), {}};
  for (int64_t row = 0; row < latents.dim(0); ++row) {
    sample.factors.push_back(1);
    if (ctx.is_meta()) continue;
    const float sigma = sigmas[static_cast<size_t>(row)];
    mix(rows.latents_of(row), rows.noise_of(row), 1 - sigma, sigma, sample.noisy.data<float>() + row * rows.values);
    mix(rows.latents_of(row), rows.noise_of(row), -1, 1, sample.target.data<float>() + row * rows.values);
  }
  return sample;
}

}  // namespace diptych::train
