// Perturbed-attention guidance (Ahn et al. 2024): a further prediction, in whose chosen layers each place sees itself
// alone, is what the result moves away from. As diffusers' PAG pipelines.
#pragma once

#include <string>
#include <vector>

#include "engine/model/denoiser.h"

namespace diptych::diffusion {

struct PerturbedAttention {
  double scale = 0;     // 0: none
  double adaptive = 0;  // how much the scale falls for each of the 1000 timesteps that are behind
  // Regular expressions, to be found in the names of self-attentions; none: the middle block of a UNet, the second one
  // of a transformer.
  std::vector<std::string> layers = {};

  double scale_at(double timestep) const;
};

// For each of the denoiser's self-attentions whether a pattern is found in its name. Error (invalid_argument): a
// pattern that is none, or is found nowhere; the denoiser has none that can be perturbed.
std::vector<bool> perturbed_layers(const DenoiserInfo& denoiser, const std::vector<std::string>& patterns);

// The same of a second denoiser: patterns that it has no layer for are left out, and without any its usual ones are
// taken.
std::vector<bool> known_perturbed_layers(const DenoiserInfo& denoiser, const std::vector<std::string>& patterns);

}  // namespace diptych::diffusion
