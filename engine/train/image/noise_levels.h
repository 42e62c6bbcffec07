// How much noise a picture is shown with, drawn as a recipe and the base's scheduler say, and what a denoiser should
// answer.
//
// Models of diffusion are asked at whole timesteps of their schedule; models of flow at times in (0, 1), shifted as the
// scheduler's fixed `shift` says and then by the recipe's timestep_shift (Esser et al. 2024). A shift that depends on
// the picture's size is left to sampling, as diffusers' training scripts leave it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/diffusion/solvers/scheduler_config.h"
#include "engine/model/denoiser.h"
#include "engine/train/data/recipe.h"
#include "engine/train/image/noisy_sample.h"

namespace diptych::train {

// What is drawn for one picture, by seed and place in the data alone: a run that goes on draws the same.
struct PictureDraws {
  uint64_t seed = 0;
  std::string place;  // "3.17.0": epoch, batch, row
};

struct NoisyQuestion {
  NoisySample sample;
  std::vector<float> timesteps;  // [rows], as DenoiserInput takes them
};

class NoiseLevels {
 public:
  // Error (invalid_argument): what the recipe asks for does not go with what the base predicts.
  NoiseLevels(const Recipe& recipe, const diffusion::SchedulerConfig& scheduler, const DenoiserInfo& denoiser);

  // latents [rows, channels, height, width], of which each row has draws of its own.
  NoisyQuestion ask(Context& ctx, const Tensor& latents, std::span<const PictureDraws> draws) const;

  diffusion::Prediction prediction() const { return prediction_; }

 private:
  double time_of(const PictureDraws& draws) const;  // in [0, 1)
  Tensor noise_like(Context& ctx, const Tensor& latents, std::span<const PictureDraws> draws) const;

  LossOptions loss_;
  diffusion::Prediction prediction_ = diffusion::Prediction::epsilon;
  std::optional<diffusion::TrainingSchedule> schedule_;  // none: flow
  double shift_ = 1;
  float known_timesteps_ = 1000;
  float timestep_divisor_ = 1;
  bool reversed_ = false;
};

}  // namespace diptych::train
