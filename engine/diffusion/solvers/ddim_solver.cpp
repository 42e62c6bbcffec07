// DDIM (Song et al. 2020): the predicted noise carries the predicted clean sample to the previous noise level.
#include <algorithm>
#include <cmath>

#include "engine/diffusion/solvers/alpha_solver.h"

namespace diptych::diffusion {
namespace {

class Ddim final : public AlphaSolver {
 public:
  Ddim(Schedule schedule, AlphaModel model, int stride, double eta)
      : AlphaSolver(std::move(schedule), std::move(model)), stride_(stride), eta_(static_cast<float>(eta)) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const int t = whole_timestep();
    const float alpha = alpha_bar(t), previous = alpha_bar(t - stride_);
    const std::vector<float> clean = clean_sample(t, output, sample);
    const std::vector<float> epsilon = noise_in(t, output, sample);
    const float variance = (1.0f - previous) / (1.0f - alpha) * (1.0f - alpha / previous);
    const float deviation = eta_ > 0 ? eta_ * std::sqrt(variance) : 0.0f;
    const float root = std::sqrt(previous);
    const float direction = std::sqrt(std::max(1.0f - previous - deviation * deviation, 0.0f));
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = root * clean[i] + direction * epsilon[i];
    if (eta_ <= 0) return;
    std::vector<float> draw(sample.size());
    noise.fill_normal(draw);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] += deviation * draw[i];
  }

  int stride_;
  float eta_;
};

}  // namespace

std::unique_ptr<Solver> make_ddim(Schedule schedule, AlphaModel model, int stride, double eta) {
  return std::make_unique<Ddim>(std::move(schedule), std::move(model), stride, eta);
}

}  // namespace diptych::diffusion
