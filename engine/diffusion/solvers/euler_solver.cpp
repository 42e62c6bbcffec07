#include "engine/diffusion/solvers/euler_solver.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diptych::diffusion {
namespace {

class Euler final : public SigmaSolver {
 public:
  Euler(Schedule schedule, const SigmaModel& model, const Churn& churn)
      : SigmaSolver(std::move(schedule), model), churn_(churn) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const float level = sigma(position());
    double gamma = 0;
    if (level >= churn_.sigma_min && level <= churn_.sigma_max)
      gamma = std::min(churn_.churn / static_cast<double>(schedule().sigmas.size() - 1), std::numbers::sqrt2 - 1);
    const float churned = level * static_cast<float>(gamma + 1);
    if (gamma > 0) {
      std::vector<float> draw(sample.size());
      noise.fill_normal(draw);
      const float added = std::sqrt(churned * churned - level * level);
      for (size_t i = 0; i < sample.size(); ++i) sample[i] += draw[i] * static_cast<float>(churn_.noise) * added;
    }
    const std::vector<float> clean = denoised(churned, output, sample);
    const float dt = sigma(position() + 1) - churned;
    for (size_t i = 0; i < sample.size(); ++i) sample[i] += (sample[i] - clean[i]) / churned * dt;
  }

  Churn churn_;
};

class EulerAncestral final : public SigmaSolver {
 public:
  EulerAncestral(Schedule schedule, const SigmaModel& model, double eta)
      : SigmaSolver(std::move(schedule), model), eta_(static_cast<float>(eta)) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const float from = sigma(position()), to = sigma(position() + 1);
    const std::vector<float> clean = denoised(from, output, sample);
    float down = 0, up = 0, scale = 1;
    if (is_flow()) {
      const FlowAncestralStep step = flow_ancestral_step(from, to, eta_);
      down = step.down, up = step.up, scale = step.scale;
    } else {
      const AncestralStep step = ancestral_step(from, to, eta_);
      down = step.down, up = step.up;
    }
    // The last draw is of no effect, but it belongs to the stream.
    std::vector<float> draw(sample.size());
    if (eta_ > 0) noise.fill_normal(draw);
    const float dt = down - from;
    for (size_t i = 0; i < sample.size(); ++i)
      sample[i] = (sample[i] + (sample[i] - clean[i]) / from * dt) * scale + draw[i] * up;
  }

  float eta_;
};

class FlowEuler final : public SigmaSolver {
 public:
  FlowEuler(Schedule schedule, bool stochastic)
      : SigmaSolver(std::move(schedule), {Space::flow, Prediction::flow, 1}), stochastic_(stochastic) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const float level = sigma(position()), next = sigma(position() + 1);
    if (!stochastic_) {
      const float dt = next - level;
      for (size_t i = 0; i < sample.size(); ++i) sample[i] += dt * output[i];
      return;
    }
    std::vector<float> draw(sample.size());
    noise.fill_normal(draw);
    for (size_t i = 0; i < sample.size(); ++i)
      sample[i] = (1.0f - next) * (sample[i] - level * output[i]) + next * draw[i];
  }

  bool stochastic_;
};

}  // namespace

std::unique_ptr<Solver> make_euler(Schedule schedule, const SigmaModel& model, const Churn& churn) {
  return std::make_unique<Euler>(std::move(schedule), model, churn);
}

std::unique_ptr<Solver> make_euler_ancestral(Schedule schedule, const SigmaModel& model, double eta) {
  return std::make_unique<EulerAncestral>(std::move(schedule), model, eta);
}

std::unique_ptr<Solver> make_flow_euler(Schedule schedule, bool stochastic) {
  return std::make_unique<FlowEuler>(std::move(schedule), stochastic);
}

}  // namespace diptych::diffusion
