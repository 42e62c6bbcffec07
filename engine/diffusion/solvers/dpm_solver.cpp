#include "engine/diffusion/solvers/dpm_solver.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::diffusion {
namespace {

bool is_sde(DpmAlgorithm algorithm) {
  return algorithm == DpmAlgorithm::sde_dpmsolver || algorithm == DpmAlgorithm::sde_dpmsolver_pp;
}

bool integrates_clean(DpmAlgorithm algorithm) {
  return algorithm == DpmAlgorithm::dpmsolver_pp || algorithm == DpmAlgorithm::sde_dpmsolver_pp;
}

class DpmSolver : public ExponentialSolver {
 protected:
  DpmSolver(Schedule schedule, const ExponentialModel& model, const DpmOptions& options)
      : ExponentialSolver(std::move(schedule), model), options_(options) {}

  const DpmOptions& options() const { return options_; }

  Values draw_for(size_t values, NoiseSource& noise) const {
    Values draw(is_sde(options_.algorithm) ? values : 0);
    if (!draw.empty()) noise.fill_normal(draw);
    return draw;
  }

  void remember_output(std::span<const float> output, std::span<const float> sample) {
    remember(integrates_clean(options_.algorithm) ? predicted_clean(output, sample) : predicted_noise(output, sample),
             options_.order);
  }

  // d1 and d2 may be empty.
  void move(std::span<float> sample, const Values& from, const DpmCoefficients& c, const Values& d0, const Values& d1,
            const Values& d2, const Values& draw) const {
    for (size_t i = 0; i < sample.size(); ++i) {
      float value = c.x * from[i] + c.d0 * d0[i];
      if (!d1.empty()) value += c.d1 * d1[i];
      if (!d2.empty()) value += c.d2 * d2[i];
      if (!draw.empty()) value += c.noise * draw[i];
      sample[i] = value;
    }
  }

 private:
  DpmOptions options_;
};

class Multistep final : public DpmSolver {
 public:
  Multistep(Schedule schedule, const ExponentialModel& model, const DpmOptions& options)
      : DpmSolver(std::move(schedule), model, options) {}

 private:
  int order_of_this_step() const {
    const int left = evaluations() - position();
    const bool few = options().lower_order_final && evaluations() < 15;
    if (left == 1 && (options().first_order_at_end || few)) return 1;
    const int order = std::min(options().order, remembered());
    return left == 2 && few ? std::min(order, 2) : order;
  }

  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    remember_output(output, sample);
    const Values draw = draw_for(sample.size(), noise);
    const Values from(sample.begin(), sample.end());
    const int order = order_of_this_step(), s = position();
    const float h = lambda(s + 1) - lambda(s);
    // The third-order formulas exist in one form only.
    const DpmForm form = order == 3 ? DpmForm::heun : options().form;
    const DpmCoefficients c = dpm_coefficients(options().algorithm, form, mix(s + 1), mix(s), h,
                                               options().consistent_sde, static_cast<float>(options().eta));
    Values d1, d2;
    if (order >= 2) {
      const float r0 = (lambda(s) - lambda(s - 1)) / h;
      d1 = scaled_difference(1.0f / r0, past(0), past(1));
      if (order == 3) {
        const float r1 = (lambda(s - 1) - lambda(s - 2)) / h;
        const Values older = scaled_difference(1.0f / r1, past(1), past(2));
        d2.resize(d1.size());
        const float blend = r0 / (r0 + r1), scale = 1.0f / (r0 + r1);
        for (size_t i = 0; i < d1.size(); ++i) {
          const float change = d1[i] - older[i];
          d1[i] += blend * change;
          d2[i] = scale * change;
        }
      }
    }
    move(sample, from, c, past(0), d1, d2, draw);
  }

  static Values scaled_difference(float scale, const Values& a, const Values& b) {
    Values difference(a.size());
    for (size_t i = 0; i < a.size(); ++i) difference[i] = scale * (a[i] - b[i]);
    return difference;
  }
};

class Singlestep final : public DpmSolver {
 public:
  Singlestep(Schedule schedule, const ExponentialModel& model, const DpmOptions& options, std::vector<int> orders)
      : DpmSolver(std::move(schedule), model, options), orders_(std::move(orders)) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    remember_output(output, sample);
    const Values draw = draw_for(sample.size(), noise);
    // A run that begins in the middle of a large step has no earlier stages.
    const int order = std::min(orders_[static_cast<size_t>(position())], remembered());
    if (order == 1) start_.assign(sample.begin(), sample.end());
    const int to = position() + 1, from = to - order;
    const float h = lambda(to) - lambda(from);
    const bool second_stage_of_three = order == 3;
    const DpmForm form = second_stage_of_three ? DpmForm::heun : options().form;
    const DpmCoefficients c = dpm_coefficients(options().algorithm, form, mix(to), mix(from), h, false);
    const Values& d0 = past(order - 1);
    Values d1, d2;
    if (order >= 2) {
      const float r0 = (lambda(to - 1) - lambda(from)) / h;
      d1 = scaled_from(1.0f / r0, past(0), d0);
      if (order == 3 && options().form == DpmForm::heun) {
        const float r1 = (lambda(to - 2) - lambda(from)) / h;
        const Values near = scaled_from(1.0f / r1, past(1), d0);
        d2.resize(d1.size());
        for (size_t i = 0; i < d1.size(); ++i) {
          const float far = d1[i];
          d1[i] = (r0 * near[i] - r1 * far) / (r0 - r1);
          d2[i] = 2.0f * (far - near[i]) / (r0 - r1);
        }
      }
    }
    move(sample, start_, c, d0, d1, d2, draw);
  }

  static Values scaled_from(float scale, const Values& a, const Values& b) {
    Values difference(a.size());
    for (size_t i = 0; i < a.size(); ++i) difference[i] = scale * (a[i] - b[i]);
    return difference;
  }

  std::vector<int> orders_;
  Values start_;  // where the large step began
};

}  // namespace

std::unique_ptr<Solver> make_dpm_multistep(Schedule schedule, const ExponentialModel& model,
                                           const DpmOptions& options) {
  assert(options.order >= 1 && options.order <= 3);
  assert(!(options.order == 3 && options.algorithm == DpmAlgorithm::sde_dpmsolver));
  return std::make_unique<Multistep>(std::move(schedule), model, options);
}

std::unique_ptr<Solver> make_dpm_singlestep(Schedule schedule, const ExponentialModel& model, const DpmOptions& options,
                                            std::vector<int> orders) {
  assert(orders.size() == schedule.timesteps.size());
  return std::make_unique<Singlestep>(std::move(schedule), model, options, std::move(orders));
}

std::vector<int> singlestep_orders(int steps, int order, bool lower_order_final, bool first_order_at_end) {
  assert(steps > 0 && order >= 1 && order <= 3);
  std::vector<int> orders;
  orders.reserve(static_cast<size_t>(steps));
  for (int i = 0; i < steps; ++i) orders.push_back(i % order + 1);
  // The last stages must complete a step: a remainder is too short, and the very last step is kept low.
  if (lower_order_final && order == 3 && steps % 3 == 0) orders.back() = 1;
  if (lower_order_final && order == 2 && steps % 2 == 0) orders.back() = 1;
  if (first_order_at_end) orders.back() = 1;
  return orders;
}

}  // namespace diptych::diffusion
