// PNDM (Liu et al. 2022): three pseudo Runge-Kutta steps, or one of Heun's kind, then linear multistep on the noise.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "engine/diffusion/solvers/alpha_solver.h"

namespace diptych::diffusion {
namespace {

class Pndm final : public AlphaSolver {
 public:
  Pndm(Schedule schedule, AlphaModel model, int stride, int runge_kutta)
      : AlphaSolver(std::move(schedule), std::move(model)), stride_(stride), runge_kutta_(runge_kutta) {}

 private:
  using Values = std::vector<float>;

  void advance(std::span<const float> output, std::span<float> sample, NoiseSource&) override {
    if (taken_ < runge_kutta_)
      runge_kutta(output, sample);
    else
      multistep(output, sample);
    ++taken_;
  }

  void runge_kutta(std::span<const float> output, std::span<float> sample) {
    const int previous = whole_timestep() - (taken_ % 2 ? 0 : stride_ / 2);
    const int t = static_cast<int>(schedule().timesteps[static_cast<size_t>(taken_ / 4 * 4)]);
    Values direction(output.begin(), output.end());
    if (taken_ % 4 == 0) {
      history_.emplace_back(output.begin(), output.end());
      start_.assign(sample.begin(), sample.end());
      sum_.assign(sample.size(), 0.0f);
    }
    static constexpr double weights[4] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    const auto weight = static_cast<float>(weights[taken_ % 4]);
    for (size_t i = 0; i < sum_.size(); ++i) sum_[i] += weight * output[i];
    transfer(start_, t, previous, taken_ % 4 == 3 ? sum_ : direction, sample);
  }

  void multistep(std::span<const float> output, std::span<float> sample) {
    int t = whole_timestep();
    int previous = t - stride_;
    if (taken_ != 1) {
      if (history_.size() > 3) history_.erase(history_.begin(), history_.end() - 3);
      history_.emplace_back(output.begin(), output.end());
    } else {  // the corrector of the first step
      previous = t;
      t += stride_;
    }
    Values direction(output.begin(), output.end());
    Values from(sample.begin(), sample.end());
    const auto past = [&](size_t steps, size_t i) { return history_[history_.size() - steps][i]; };
    if (history_.size() == 1 && taken_ == 0) {
      start_ = from;
    } else if (history_.size() == 1 && taken_ == 1) {
      for (size_t i = 0; i < direction.size(); ++i) direction[i] = (direction[i] + past(1, i)) / 2.0f;
      from = start_;
    } else if (history_.size() == 2) {
      for (size_t i = 0; i < direction.size(); ++i) direction[i] = (3.0f * past(1, i) - past(2, i)) / 2.0f;
    } else if (history_.size() == 3) {
      for (size_t i = 0; i < direction.size(); ++i)
        direction[i] = (23.0f * past(1, i) - 16.0f * past(2, i) + 5.0f * past(3, i)) / 12.0f;
    } else if (history_.size() >= 4) {
      constexpr auto scale = static_cast<float>(1.0 / 24);
      for (size_t i = 0; i < direction.size(); ++i)
        direction[i] = scale * (55.0f * past(1, i) - 59.0f * past(2, i) + 37.0f * past(3, i) - 9.0f * past(4, i));
    }
    transfer(from, t, previous, direction, sample);
  }

  // Equation 9 of the paper, which is DDIM's transfer without dividing by what may vanish.
  void transfer(const Values& from, int t, int previous_t, const Values& direction, std::span<float> result) const {
    const float alpha = alpha_bar(t), previous = alpha_bar(previous_t);
    const float beta = 1.0f - alpha, previous_beta = 1.0f - previous;
    const float root_alpha = std::sqrt(alpha), root_beta = std::sqrt(beta);
    const float scale = std::sqrt(previous / alpha);
    const float divisor = alpha * std::sqrt(previous_beta) + std::sqrt(alpha * beta * previous);
    const float difference = previous - alpha;
    const bool is_v = model().prediction == Prediction::v;
    for (size_t i = 0; i < result.size(); ++i) {
      const float epsilon = is_v ? root_alpha * direction[i] + root_beta * from[i] : direction[i];
      result[i] = scale * from[i] - difference * epsilon / divisor;
    }
  }

  int stride_, runge_kutta_;
  int taken_ = 0;  // evaluations so far, which is not position(): a run may begin later
  std::vector<Values> history_;
  Values start_, sum_;
};

}  // namespace

std::unique_ptr<Solver> make_pndm(Schedule schedule, AlphaModel model, int stride, int runge_kutta) {
  return std::make_unique<Pndm>(std::move(schedule), std::move(model), stride, runge_kutta);
}

}  // namespace diptych::diffusion
