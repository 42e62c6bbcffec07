#include "engine/diffusion/solvers/deis_solver.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::diffusion {
namespace {

// Antiderivatives in t of the Lagrange polynomials in log t that are one at b.
float antiderivative(float t, float b, float c) {
  return t * (-std::log(c) + std::log(t) - 1.0f) / (std::log(b) - std::log(c));
}

float antiderivative(float t, float b, float c, float d) {
  const float log_t = std::log(t), log_b = std::log(b), log_c = std::log(c), log_d = std::log(d);
  const float numerator =
      t * (log_c * (log_d - log_t + 1.0f) - log_d * log_t + log_d + log_t * log_t - 2.0f * log_t + 2.0f);
  return numerator / ((log_b - log_c) * (log_b - log_d));
}

class Deis final : public ExponentialSolver {
 public:
  Deis(Schedule schedule, const ExponentialModel& model, int order, bool lower_order_final)
      : ExponentialSolver(std::move(schedule), model), order_(order), lower_order_final_(lower_order_final) {}

 private:
  float rho(int index) const {
    const Mix at = mix(index);
    return at.sigma / at.alpha;
  }

  int order_of_this_step() const {
    const int left = evaluations() - position();
    const bool few = lower_order_final_ && evaluations() < 15;
    if (left == 1 && few) return 1;
    const int order = std::min(order_, remembered());
    return left == 2 && few ? std::min(order, 2) : order;
  }

  void advance(std::span<const float> output, std::span<float> sample, NoiseSource&) override {
    remember(predicted_noise(output, sample), order_);
    const int s = position(), order = order_of_this_step();
    const Mix to = mix(s + 1), from = mix(s);
    if (to.sigma == 0) {  // the limit, which the formulas below reach only as infinity times zero
      for (size_t i = 0; i < sample.size(); ++i)
        sample[i] = to.alpha * ((sample[i] - from.sigma * past(0)[i]) / from.alpha);
      return;
    }
    if (order == 1) {
      const float h = lambda(s + 1) - lambda(s);
      const float keep = to.alpha / from.alpha, add = to.sigma * (std::exp(h) - 1.0f);
      for (size_t i = 0; i < sample.size(); ++i) sample[i] = keep * sample[i] - add * past(0)[i];
      return;
    }
    const float t = rho(s + 1), a = rho(s), b = rho(s - 1);
    if (order == 2) {
      const float newest = antiderivative(t, a, b) - antiderivative(a, a, b);
      const float older = antiderivative(t, b, a) - antiderivative(a, b, a);
      for (size_t i = 0; i < sample.size(); ++i)
        sample[i] = to.alpha * (sample[i] / from.alpha + newest * past(0)[i] + older * past(1)[i]);
      return;
    }
    const float c = rho(s - 2);
    const float newest = antiderivative(t, a, b, c) - antiderivative(a, a, b, c);
    const float older = antiderivative(t, b, c, a) - antiderivative(a, b, c, a);
    const float oldest = antiderivative(t, c, a, b) - antiderivative(a, c, a, b);
    for (size_t i = 0; i < sample.size(); ++i)
      sample[i] = to.alpha * (sample[i] / from.alpha + newest * past(0)[i] + older * past(1)[i] + oldest * past(2)[i]);
  }

  int order_;
  bool lower_order_final_;
};

}  // namespace

std::unique_ptr<Solver> make_deis(Schedule schedule, const ExponentialModel& model, int order, bool lower_order_final) {
  assert(order >= 1 && order <= 3);
  return std::make_unique<Deis>(std::move(schedule), model, order, lower_order_final);
}

}  // namespace diptych::diffusion
