#include "engine/diffusion/solvers/linear_multistep_solver.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <deque>

namespace diptych::diffusion {
namespace {

class Lms final : public SigmaSolver {
 public:
  Lms(Schedule schedule, const SigmaModel& model, bool order_by_index, int order)
      : SigmaSolver(std::move(schedule), model), order_(order), order_by_index_(order_by_index) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource&) override {
    const float level = sigma(position());
    std::vector<float> slope = denoised(level, output, sample);
    for (size_t i = 0; i < slope.size(); ++i) slope[i] = (sample[i] - slope[i]) / level;
    slopes_.push_front(std::move(slope));
    if (static_cast<int>(slopes_.size()) > order_) slopes_.pop_back();
    const int history = static_cast<int>(slopes_.size());
    const int order = order_by_index_ ? std::min(position() + 1, order_) : history;
    std::vector<float> sum(sample.size(), 0.0f);
    for (int which = 0; which < std::min(order, history); ++which) {
      const auto weight = static_cast<float>(lms_coefficient(schedule().sigmas, order, position(), which));
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += weight * slopes_[static_cast<size_t>(which)][i];
    }
    for (size_t i = 0; i < sample.size(); ++i) sample[i] += sum[i];
  }

  std::deque<std::vector<float>> slopes_;  // newest first
  int order_;
  bool order_by_index_;
};

class Plms final : public SigmaSolver {
 public:
  Plms(Schedule schedule, const SigmaModel& model) : SigmaSolver(std::move(schedule), model) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource&) override {
    const float level = sigma(position());
    std::vector<float> slope = denoised(level, output, sample);
    for (size_t i = 0; i < slope.size(); ++i) slope[i] = (sample[i] - slope[i]) / level;
    if (taken_ == 1 && repeats_) {  // the corrector of the first step
      for (size_t i = 0; i < slope.size(); ++i) sample[i] = start_[i] + (slopes_[0][i] + slope[i]) / 2.0f * dt_;
      ++taken_;
      return;
    }
    if (taken_ == 0) {
      start_.assign(sample.begin(), sample.end());
      repeats_ = position() + 1 < evaluations() && sigma(position() + 1) == sigma(position() + 2);
    }
    slopes_.push_front(std::move(slope));
    if (slopes_.size() > 4) slopes_.pop_back();
    static constexpr std::array<std::array<float, 4>, 4> weights{{{1, 0, 0, 0},
                                                                  {3.0f / 2, -1.0f / 2, 0, 0},
                                                                  {23.0f / 12, -16.0f / 12, 5.0f / 12, 0},
                                                                  {55.0f / 24, -59.0f / 24, 37.0f / 24, -9.0f / 24}}};
    const auto& weight = weights[slopes_.size() - 1];
    dt_ = sigma(position() + 1) - level;
    for (size_t i = 0; i < sample.size(); ++i) {
      float sum = 0;
      for (size_t k = 0; k < slopes_.size(); ++k) sum += weight[k] * slopes_[k][i];
      sample[i] += sum * dt_;
    }
    ++taken_;
  }

  std::deque<std::vector<float>> slopes_;  // newest first
  std::vector<float> start_;
  float dt_ = 0;
  int taken_ = 0;         // evaluations so far
  bool repeats_ = false;  // the first step has a corrector
};

}  // namespace

double lms_coefficient(std::span<const float> sigmas, int order, int index, int which) {
  const double from = sigmas[static_cast<size_t>(index)], to = sigmas[static_cast<size_t>(index) + 1];
  // Three Gauss points integrate the polynomials of degree three exactly.
  static const std::array<std::array<double, 2>, 3> points{
      {{-std::sqrt(0.6), 5.0 / 9}, {0.0, 8.0 / 9}, {std::sqrt(0.6), 5.0 / 9}}};
  assert(order <= 5);
  double integral = 0;
  for (const auto& [node, weight] : points) {
    const double tau = (from + to) / 2 + (to - from) / 2 * node;
    double product = 1;
    for (int k = 0; k < order; ++k) {
      if (k == which) continue;
      const double other = sigmas[static_cast<size_t>(index - k)];
      product *= (tau - other) / (sigmas[static_cast<size_t>(index - which)] - other);
    }
    integral += weight * product;
  }
  return integral * (to - from) / 2;
}

std::unique_ptr<Solver> make_lms(Schedule schedule, const SigmaModel& model, bool order_by_index, int order) {
  return std::make_unique<Lms>(std::move(schedule), model, order_by_index, order);
}

Schedule plms_schedule(std::span<const float> sigmas, std::span<const float> timesteps) {
  Schedule schedule;
  for (size_t i = 0; i < sigmas.size(); ++i) {
    const bool twice = i == 1 && i < timesteps.size();
    schedule.sigmas.insert(schedule.sigmas.end(), twice ? 2 : 1, sigmas[i]);
    if (i < timesteps.size()) schedule.timesteps.insert(schedule.timesteps.end(), twice ? 2 : 1, timesteps[i]);
  }
  return schedule;
}

std::unique_ptr<Solver> make_plms(Schedule schedule, const SigmaModel& model) {
  return std::make_unique<Plms>(std::move(schedule), model);
}

}  // namespace diptych::diffusion
