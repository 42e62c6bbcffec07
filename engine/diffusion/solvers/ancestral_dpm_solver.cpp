#include "engine/diffusion/solvers/ancestral_dpm_solver.h"

#include <cmath>

#include "engine/diffusion/solvers/dpm_coefficients.h"
#include "engine/diffusion/solvers/sigma_solver.h"

namespace diptych::diffusion {
namespace {

float sigma_of_lambda(Space space, float lambda) {
  return space == Space::flow ? 1.0f / (1.0f + std::exp(lambda)) : std::exp(-lambda);
}

// An ancestral step in either space; exploding samples are not scaled.
FlowAncestralStep split_step(Space space, float from, float to, float eta) {
  if (space == Space::flow) return flow_ancestral_step(from, to, eta);
  const AncestralStep step = ancestral_step(from, to, eta);
  return {step.down, 1, step.up};
}

class AncestralDpmSolver final : public ExponentialSolver {
 public:
  AncestralDpmSolver(AncestralDpm kind, Schedule schedule, const ExponentialModel& model, double eta)
      : ExponentialSolver(std::move(schedule), model),
        kind_(kind),
        space_(model.space),
        eta_(static_cast<float>(eta)) {}

  int evaluations_per_step() const override { return 2; }

 private:
  float sigma(int index) const { return schedule().sigmas[static_cast<size_t>(index)]; }

  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const Values clean = predicted_clean(output, sample);
    const bool first = position() % 2 == 0;
    if (first && position() + 1 == evaluations()) {  // to sigma 0: the clean sample itself
      std::copy(clean.begin(), clean.end(), sample.begin());
      return;
    }
    if (first) start_.assign(sample.begin(), sample.end());
    const int from = first ? position() : position() - 1;
    if (kind_ == AncestralDpm::sde)
      stochastic(from, first, clean, sample, noise);
    else
      two_stage(from, first, clean, sample, noise);
  }

  // The noise over the whole step is that of its two halves together, as one Brownian path has it.
  void stochastic(int from, bool first, const Values& clean, std::span<float> sample, NoiseSource& noise) {
    const int to = first ? from + 1 : from + 2;
    Values draw(sample.size());
    noise.fill_normal(draw);
    if (first) {
      first_draw_ = draw;
    } else {
      const float early = std::sqrt(sigma(from) - sigma(from + 1)), late = std::sqrt(sigma(from + 1) - sigma(to));
      const float whole = std::sqrt(sigma(from) - sigma(to));
      for (size_t i = 0; i < draw.size(); ++i) draw[i] = (early * first_draw_[i] + late * draw[i]) / whole;
    }
    if (eta_ != 1) {
      const FlowAncestralStep step = split_step(space_, sigma(from), sigma(to), eta_);
      move(mix_at(space_, step.down), from, clean, sample);
      for (size_t i = 0; i < sample.size(); ++i) sample[i] = step.scale * sample[i] + step.up * draw[i];
      return;
    }
    const float h = lambda(to) - lambda(from);
    const DpmCoefficients c =
        dpm_coefficients(DpmAlgorithm::sde_dpmsolver_pp, DpmForm::midpoint, mix(to), mix(from), h, false);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = c.x * start_[i] + c.d0 * clean[i] + c.noise * draw[i];
  }

  // From where the step began, without noise.
  void move(Mix to, int from, const Values& clean, std::span<float> sample) const {
    const float h = lambda_of(to) - lambda(from);
    const DpmCoefficients c = dpm_coefficients(DpmAlgorithm::dpmsolver_pp, DpmForm::midpoint, to, mix(from), h, false);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = c.x * start_[i] + c.d0 * clean[i];
  }

  void two_stage(int from, bool first, const Values& clean, std::span<float> sample, NoiseSource& noise) {
    const FlowAncestralStep step = split_step(space_, sigma(from), sigma(from + 2), eta_);
    move(first ? mix(from + 1) : mix_at(space_, step.down), from, clean, sample);
    if (first || eta_ <= 0) return;
    Values draw(sample.size());
    noise.fill_normal(draw);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = step.scale * sample[i] + step.up * draw[i];
  }

  AncestralDpm kind_;
  Space space_;
  float eta_;
  Values start_, first_draw_;
};

}  // namespace

std::vector<float> ancestral_dpm_midpoints(AncestralDpm kind, Space space, std::span<const float> sigmas, double eta) {
  std::vector<float> middles;
  for (size_t i = 0; i + 2 < sigmas.size(); ++i) {
    float end = sigmas[i + 1];
    if (kind == AncestralDpm::two_stage) end = split_step(space, sigmas[i], end, static_cast<float>(eta)).down;
    const float from = lambda_of(mix_at(space, sigmas[i])), to = lambda_of(mix_at(space, end));
    middles.push_back(sigma_of_lambda(space, from + (to - from) * 0.5f));
  }
  return middles;
}

std::unique_ptr<Solver> make_ancestral_dpm(AncestralDpm kind, Schedule schedule, const ExponentialModel& model,
                                           double eta) {
  return std::make_unique<AncestralDpmSolver>(kind, std::move(schedule), model, eta);
}

}  // namespace diptych::diffusion
