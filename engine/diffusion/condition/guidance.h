// Classifier-free guidance (Ho & Salimans 2022) and what tames it.
#pragma once

#include <cstdint>
#include <span>

namespace diptych::diffusion {

struct Guidance {
  double scale = 7.5;
  // 0 … 1: how much of the guided prediction's deviation is set back to that of the conditional one, per image (Lin et
  // al. 2024, section 3.4).
  double rescale = 0;
  // Guided between these fractions of the run's steps; outside the conditional prediction is taken alone (Kynkäänniemi
  // et al. 2024).
  double begin = 0, end = 1;
  // Away from perturbed predictions, where there are some: of conditional - perturbed (Ahn et al. 2024).
  double perturbed_scale = 0;

  bool active(int evaluation, int evaluations) const;
};

struct WeightedPrediction {
  double weight = 1;
  std::span<const float> values;
  std::span<const float> perturbed = {};  // the same prediction with perturbed attention; empty: none
};

// unconditional + scale * sum of weight * (conditional - unconditional), for one image's values. Several conditions:
// Liu et al. 2022, composable diffusion.
void guide(const Guidance& guidance, std::span<const float> unconditional,
           std::span<const WeightedPrediction> conditional, std::span<float> guided);

// The weighted mean of the conditional predictions, where none is unconditional.
void mix_unguided(std::span<const WeightedPrediction> conditional, std::span<float> mixed, double perturbed_scale = 0);

// As Qwen-Image's pipeline has it: each patch of 2 x 2 of a guided prediction [channels, height, width] is made as long
// as that of the conditional one.
void keep_lengths(std::span<float> guided, std::span<const float> conditional, int64_t channels, int64_t height,
                  int64_t width);

}  // namespace diptych::diffusion
