#include "engine/diffusion/solvers/two_stage_solver.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::diffusion {
namespace {

class Heun final : public SigmaSolver {
 public:
  Heun(Schedule schedule, const SigmaModel& model, const SampleLimit& limit)
      : SigmaSolver(std::move(schedule), model), limit_(limit) {}

  int evaluations_per_step() const override { return 2; }

 private:
  void advance(std::span<const float> output, std::span<float> sample, NoiseSource&) override {
    const bool second = position() % 2 != 0;
    const float level = sigma(position());
    std::vector<float> slope = denoised(level, output, sample);
    limit_.apply(slope);
    for (size_t i = 0; i < slope.size(); ++i) slope[i] = (sample[i] - slope[i]) / level;
    if (!second) {
      dt_ = sigma(position() + 1) - level;
      start_.assign(sample.begin(), sample.end());
      first_slope_ = slope;
    } else {
      for (size_t i = 0; i < slope.size(); ++i) slope[i] = (first_slope_[i] + slope[i]) / 2.0f;
    }
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = start_[i] + slope[i] * dt_;
  }

  SampleLimit limit_;
  std::vector<float> start_, first_slope_;
  float dt_ = 0;
};

// Halfway between two logarithms, from the end, as torch.lerp does from a weight of one half on.
float log_midpoint(float start, float end) {
  const float log_start = std::log(start), log_end = std::log(end);
  return std::exp(log_end - (log_end - log_start) * 0.5f);
}

class Dpm2 final : public SigmaSolver {
 public:
  Dpm2(Schedule schedule, const SigmaModel& model, std::vector<float> steps, std::vector<float> midpoints,
       std::optional<float> ancestral)
      : SigmaSolver(std::move(schedule), model),
        steps_(std::move(steps)),
        midpoints_(std::move(midpoints)),
        ancestral_(ancestral) {}

  int evaluations_per_step() const override { return 2; }

 private:
  float input_sigma() const override {
    const auto step = static_cast<size_t>(position() / 2);
    return position() % 2 ? midpoints_[step] : steps_[step];
  }

  void advance(std::span<const float> output, std::span<float> sample, NoiseSource& noise) override {
    const auto step = static_cast<size_t>(position() / 2);
    const float level = input_sigma(), from = steps_[step];
    const bool second = position() % 2 != 0;
    std::vector<float> slope = denoised(level, output, sample);
    for (size_t i = 0; i < slope.size(); ++i) slope[i] = (sample[i] - slope[i]) / level;
    if (!second) {
      start_.assign(sample.begin(), sample.end());
      const float dt = midpoints_[step] - from;
      for (size_t i = 0; i < sample.size(); ++i) sample[i] += slope[i] * dt;
      return;
    }
    const float to = steps_[step + 1];
    const AncestralStep split = ancestral_ ? ancestral_step(from, to, *ancestral_) : AncestralStep{to, 0};
    const float dt = split.down - from;
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = start_[i] + slope[i] * dt;
    if (!ancestral_) return;
    std::vector<float> draw(sample.size());
    noise.fill_normal(draw);
    for (size_t i = 0; i < sample.size(); ++i) sample[i] += draw[i] * split.up;
  }

  std::vector<float> steps_, midpoints_, start_;
  std::optional<float> ancestral_;  // the share of noise
};

}  // namespace

Schedule heun_schedule(std::span<const float> sigmas, std::span<const float> timesteps) {
  assert(sigmas.size() == timesteps.size() + 1);
  Schedule schedule;
  for (size_t i = 0; i < sigmas.size(); ++i) {
    const bool twice = i > 0 && i + 1 < sigmas.size();
    schedule.sigmas.insert(schedule.sigmas.end(), twice ? 2 : 1, sigmas[i]);
    if (i < timesteps.size()) schedule.timesteps.insert(schedule.timesteps.end(), i > 0 ? 2 : 1, timesteps[i]);
  }
  return schedule;
}

std::unique_ptr<Solver> make_heun(Schedule schedule, const SigmaModel& model, const SampleLimit& limit) {
  return std::make_unique<Heun>(std::move(schedule), model, limit);
}

std::vector<float> dpm2_midpoints(std::span<const float> sigmas, std::optional<float> ancestral) {
  std::vector<float> midpoints;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const float from = sigmas[i], to = sigmas[i + 1];
    if (to == 0)
      midpoints.push_back(0);
    else
      midpoints.push_back(ancestral ? log_midpoint(from, ancestral_step(from, to, *ancestral).down)
                                    : log_midpoint(to, from));
  }
  return midpoints;
}

std::unique_ptr<Solver> make_dpm2(std::span<const float> sigmas, std::span<const float> timesteps,
                                  std::span<const float> midpoint_timesteps, const SigmaModel& model,
                                  std::optional<float> ancestral) {
  assert(sigmas.size() == timesteps.size() + 1 && midpoint_timesteps.size() + 1 >= timesteps.size());
  Schedule schedule;
  for (size_t i = 0; i < timesteps.size(); ++i) {
    if (i > 0) schedule.timesteps.push_back(midpoint_timesteps[i - 1]);
    schedule.timesteps.push_back(timesteps[i]);
  }
  for (size_t i = 0; i < sigmas.size(); ++i) schedule.sigmas.insert(schedule.sigmas.end(), i > 0 ? 2 : 1, sigmas[i]);
  schedule.sigmas.push_back(sigmas.back());
  return std::make_unique<Dpm2>(std::move(schedule), model, std::vector<float>(sigmas.begin(), sigmas.end()),
                                dpm2_midpoints(sigmas, ancestral), ancestral);
}

}  // namespace diptych::diffusion
