#include "engine/diffusion/solvers/sigma_consistency_solver.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::diffusion {
namespace {

class SigmaConsistency final : public SigmaSolver {
 public:
  SigmaConsistency(Schedule schedule, const SigmaModel& model, std::vector<float> lower)
      : SigmaSolver(std::move(schedule), model), lower_(std::move(lower)) {}

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const float level = sigma(position()), next = sigma(position() + 1);
    const float lower = std::min(lower_[static_cast<size_t>(position())], next);
    const std::vector<float> clean = denoised(level, output, sample);
    const float keep = is_flow() ? 1.0f - level : 1.0f, lower_keep = is_flow() ? 1.0f - lower : 1.0f;
    for (size_t i = 0; i < sample.size(); ++i) {
      const float epsilon = (sample[i] - keep * clean[i]) / level;
      sample[i] = lower_keep * clean[i] + lower * epsilon;
    }
    if (next <= lower) return;
    std::vector<float> draw(sample.size());
    noise.fill_normal(draw);
    const float scale = is_flow() ? (1.0f - next) / lower_keep : 1.0f;
    const float up = std::sqrt(next * next - lower * lower * scale * scale);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = scale * sample[i] + up * draw[i];
  }

  std::vector<float> lower_;
};

}  // namespace

std::unique_ptr<Solver> make_sigma_consistency(Schedule schedule, const SigmaModel& model, std::vector<float> lower) {
  assert(lower.size() == schedule.timesteps.size());
  return std::make_unique<SigmaConsistency>(std::move(schedule), model, std::move(lower));
}

}  // namespace diptych::diffusion
