// Ancestral sampling of DDPM (Ho et al. 2020) between the timesteps of the run, with fixed or learned variances.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "engine/core/error.h"
#include "engine/diffusion/solvers/alpha_solver.h"

namespace diptych::diffusion {
namespace {

class Ddpm final : public AlphaSolver {
 public:
  Ddpm(Schedule schedule, AlphaModel model, Variance variance)
      : AlphaSolver(std::move(schedule), std::move(model)), variance_(variance) {}

 private:
  bool learned() const { return variance_ == Variance::learned || variance_ == Variance::learned_range; }
  bool takes_learned_variance() const override { return learned(); }

  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    std::vector<float> prediction, predicted_variance;
    split(output, sample.size(), prediction, predicted_variance);
    const int t = whole_timestep();
    const int previous_t = following_timestep(-1);
    const float alpha = alpha_bar(t), previous = previous_t >= 0 ? alpha_bar(previous_t) : 1.0f;
    const float beta = 1.0f - alpha, previous_beta = 1.0f - previous;
    const float step_alpha = alpha / previous, step_beta = 1.0f - step_alpha;
    const std::vector<float> clean = clean_sample(t, prediction, sample);
    const float clean_weight = std::sqrt(previous) * step_beta / beta;
    const float sample_weight = std::sqrt(step_alpha) * previous_beta / beta;
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = clean_weight * clean[i] + sample_weight * sample[i];
    if (t <= 0) return;
    std::vector<float> draw(sample.size());
    noise.fill_normal(draw);
    const float posterior = std::max(previous_beta / beta * step_beta, 1e-20f);
    for (size_t i = 0; i < sample.size(); ++i)
      sample[i] += deviation(posterior, step_beta, predicted_variance.empty() ? 0 : predicted_variance[i]) * draw[i];
  }

  // Images of the output hold the prediction, then the variance.
  void split(std::span<const float> output, size_t values, std::vector<float>& prediction,
             std::vector<float>& variance) const {
    if (output.size() == values) {
      if (learned()) {
        throw Error(ErrorCategory::invalid_argument, "cannot denoise", "the model's output",
                    "the scheduler expects predicted variances beside the prediction",
                    "set variance_type to fixed_small for a model that predicts none");
      }
      prediction.assign(output.begin(), output.end());
      return;
    }
    const auto batch = static_cast<size_t>(model().limit.batch);
    assert(values % batch == 0);
    const size_t image = values / batch;
    for (size_t b = 0; b < batch; ++b) {
      const std::span<const float> both = output.subspan(2 * b * image, 2 * image);
      prediction.insert(prediction.end(), both.begin(), both.begin() + static_cast<std::ptrdiff_t>(image));
      variance.insert(variance.end(), both.begin() + static_cast<std::ptrdiff_t>(image), both.end());
    }
  }

  // `posterior` is beta-tilde, `step_beta` the step's own beta: the two ends between which variances lie.
  float deviation(float posterior, float step_beta, float predicted) const {
    switch (variance_) {
      case Variance::fixed_small:
        return std::sqrt(posterior);
      case Variance::fixed_small_log:
        return std::exp(0.5f * std::log(posterior));
      case Variance::fixed_large:
        return std::sqrt(step_beta);
      case Variance::fixed_large_log:
        return std::sqrt(std::log(step_beta));
      case Variance::learned:
        return std::sqrt(predicted);
      case Variance::learned_range:
        break;
    }
    const float weight = (predicted + 1.0f) / 2.0f;
    return std::exp(0.5f * (weight * std::log(step_beta) + (1.0f - weight) * std::log(posterior)));
  }

  Variance variance_;
};

}  // namespace

std::unique_ptr<Solver> make_ddpm(Schedule schedule, AlphaModel model, Variance variance) {
  return std::make_unique<Ddpm>(std::move(schedule), std::move(model), variance);
}

}  // namespace diptych::diffusion
