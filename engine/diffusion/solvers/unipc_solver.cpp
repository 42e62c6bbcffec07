#include "engine/diffusion/solvers/unipc_solver.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace diptych::diffusion {
namespace {

// Solves a small dense system by elimination with partial pivoting; a is row-major, both are used up.
std::vector<float> solve(std::vector<float> a, std::vector<float> b) {
  const size_t n = b.size();
  for (size_t column = 0; column < n; ++column) {
    size_t pivot = column;
    for (size_t row = column + 1; row < n; ++row)
      if (std::fabs(a[row * n + column]) > std::fabs(a[pivot * n + column])) pivot = row;
    for (size_t k = 0; k < n; ++k) std::swap(a[column * n + k], a[pivot * n + k]);
    std::swap(b[column], b[pivot]);
    for (size_t row = column + 1; row < n; ++row) {
      const float factor = a[row * n + column] / a[column * n + column];
      for (size_t k = column; k < n; ++k) a[row * n + k] -= factor * a[column * n + k];
      b[row] -= factor * b[column];
    }
  }
  for (size_t row = n; row-- > 0;) {
    for (size_t k = row + 1; k < n; ++k) b[row] -= a[row * n + k] * b[k];
    b[row] /= a[row * n + row];
  }
  return b;
}

class UniPc final : public ExponentialSolver {
 public:
  UniPc(Schedule schedule, const ExponentialModel& model, UniPcOptions options)
      : ExponentialSolver(std::move(schedule), model), options_(std::move(options)) {}

 private:
  // What predictor and corrector share about the step from index s to s + 1.
  struct Step {
    float keep;                 // weight of the step's start
    float first;                // weight of the newest model value
    float rest;                 // weight of everything of higher order
    std::vector<float> ratios;  // positions of the used points relative to the step, the end (1) last
    std::vector<float> targets;
  };

  Step describe(int s, int order) const {
    const Mix to = mix(s + 1), from = mix(s);
    const float lambda_s = lambda(s), h = lambda(s + 1) - lambda_s;
    const float hh = options_.predicts_clean ? -h : h;
    const float phi_1 = std::expm1(hh);
    const float b_h = options_.form == UniPcForm::bh1 ? hh : phi_1;
    const float weight = options_.predicts_clean ? to.alpha : to.sigma;
    Step step;
    step.keep = options_.predicts_clean ? to.sigma / from.sigma : to.alpha / from.alpha;
    step.first = weight * phi_1;
    step.rest = weight * b_h;
    for (int i = 1; i < order; ++i) step.ratios.push_back((lambda(s - i) - lambda_s) / h);
    step.ratios.push_back(1.0f);
    float phi = phi_1 / hh - 1.0f;
    float factorial = 1;
    for (int i = 1; i <= order; ++i) {
      step.targets.push_back(phi * factorial / b_h);
      factorial *= static_cast<float>(i + 1);
      phi = phi / hh - 1.0f / factorial;
    }
    return step;
  }

  // The weights of the differences that meet the first `count` order conditions with the first `count` points.
  static std::vector<float> weights(const Step& step, size_t count) {
    std::vector<float> matrix;
    for (size_t power = 0; power < count; ++power)
      for (size_t k = 0; k < count; ++k) matrix.push_back(std::pow(step.ratios[k], static_cast<float>(power)));
    return solve(std::move(matrix), {step.targets.begin(), step.targets.begin() + static_cast<std::ptrdiff_t>(count)});
  }

  void correct(const Values& value, std::span<float> sample) const {
    const Step step = describe(position() - 1, last_order_);
    const auto order = static_cast<size_t>(last_order_);
    const std::vector<float> rho = order == 1 ? std::vector<float>{0.5f} : weights(step, order);
    const Values& newest = past(0);
    for (size_t i = 0; i < sample.size(); ++i) {
      float sum = 0;
      for (size_t k = 0; k + 1 < order; ++k)
        sum += rho[k] * ((past(static_cast<int>(k) + 1)[i] - newest[i]) / step.ratios[k]);
      sum += rho[order - 1] * (value[i] - newest[i]);
      sample[i] = step.keep * last_sample_[i] - step.first * newest[i] - step.rest * sum;
    }
  }

  void predict(int order_of_step, std::span<float> sample) const {
    const Step step = describe(position(), order_of_step);
    const auto order = static_cast<size_t>(order_of_step);
    std::vector<float> rho;
    if (order == 2) rho = {0.5f};
    if (order > 2) rho = weights(step, order - 1);
    const Values& newest = past(0);
    for (size_t i = 0; i < sample.size(); ++i) {
      sample[i] = step.keep * sample[i] - step.first * newest[i];
      if (order == 1) continue;  // B(h) may be infinite on the way to sigma 0
      float sum = 0;
      for (size_t k = 0; k + 1 < order; ++k)
        sum += rho[k] * ((past(static_cast<int>(k) + 1)[i] - newest[i]) / step.ratios[k]);
      sample[i] -= step.rest * sum;
    }
  }

  void advance(std::span<const float> output, std::span<float> sample, NoiseSource&) override {
    const auto& skipped = options_.no_corrector;
    const bool corrects = position() > 0 && !last_sample_.empty() &&
                          std::find(skipped.begin(), skipped.end(), position() - 1) == skipped.end();
    Values value = options_.predicts_clean ? predicted_clean(output, sample) : predicted_noise(output, sample);
    if (corrects) correct(value, sample);
    const int known = std::min(remembered(), options_.order);  // before this evaluation
    remember(std::move(value), options_.order);
    int order = options_.order;
    if (options_.lower_order_final) order = std::min(order, evaluations() - position());
    last_order_ = std::min(order, known + 1);
    last_sample_.assign(sample.begin(), sample.end());
    predict(last_order_, sample);
  }

  UniPcOptions options_;
  Values last_sample_;
  int last_order_ = 1;
};

}  // namespace

std::unique_ptr<Solver> make_unipc(Schedule schedule, const ExponentialModel& model, UniPcOptions options) {
  assert(options.order >= 1);
  return std::make_unique<UniPc>(std::move(schedule), model, std::move(options));
}

}  // namespace diptych::diffusion
