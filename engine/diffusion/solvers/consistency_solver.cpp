// Few-step solvers of distilled models: LCM (Luo et al. 2023) and TCD (Zheng et al. 2024). Both predict the clean
// sample from any noise level and add fresh noise on the way down.
#include <cassert>
#include <cmath>

#include "engine/diffusion/solvers/alpha_solver.h"

namespace diptych::diffusion {
namespace {

class Lcm final : public AlphaSolver {
 public:
  Lcm(Schedule schedule, AlphaModel model, int steps, double timestep_scaling)
      : AlphaSolver(std::move(schedule), std::move(model)), steps_(steps), timestep_scaling_(timestep_scaling) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const int t = whole_timestep();
    const float previous = alpha_bar(following_timestep(t));
    constexpr float data_variance = 0.5f * 0.5f;
    const auto scaled = static_cast<float>(t * timestep_scaling_);
    const float square = scaled * scaled + data_variance;
    const float skip = data_variance / square, out = scaled / std::sqrt(square);
    const std::vector<float> clean = clean_sample(t, output, sample);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = out * clean[i] + skip * sample[i];
    if (position() == steps_ - 1) return;
    std::vector<float> draw(sample.size());
    noise.fill_normal(draw);
    const float keep = std::sqrt(previous), add = std::sqrt(1.0f - previous);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = keep * sample[i] + add * draw[i];
  }

  int steps_;
  double timestep_scaling_;
};

class Tcd final : public AlphaSolver {
 public:
  Tcd(Schedule schedule, AlphaModel model, int steps, double eta)
      : AlphaSolver(std::move(schedule), std::move(model)), steps_(steps), eta_(eta) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const int t = whole_timestep();
    const int previous_t = following_timestep(0);
    const int lower_t = static_cast<int>(std::floor(static_cast<float>(1 - eta_) * static_cast<float>(previous_t)));
    const float previous = alpha_bar(previous_t), lower = alpha_bar(lower_t);
    const std::vector<float> clean = clean_sample(t, output, sample);
    const std::vector<float> epsilon = noise_in(t, output, sample);
    const float root = std::sqrt(lower), direction = std::sqrt(1.0f - lower);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = root * clean[i] + direction * epsilon[i];
    if (eta_ <= 0 || position() == steps_ - 1) return;
    std::vector<float> draw(sample.size());
    noise.fill_normal(draw);
    const float ratio = previous / lower;
    const float keep = std::sqrt(ratio), add = std::sqrt(1.0f - ratio);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = keep * sample[i] + add * draw[i];
  }

  int steps_;
  double eta_;
};

}  // namespace

std::unique_ptr<Solver> make_lcm(Schedule schedule, AlphaModel model, int steps, double timestep_scaling) {
  return std::make_unique<Lcm>(std::move(schedule), std::move(model), steps, timestep_scaling);
}

std::unique_ptr<Solver> make_tcd(Schedule schedule, AlphaModel model, int steps, double eta) {
  assert(eta >= 0 && eta <= 1);
  return std::make_unique<Tcd>(std::move(schedule), std::move(model), steps, eta);
}

}  // namespace diptych::diffusion
