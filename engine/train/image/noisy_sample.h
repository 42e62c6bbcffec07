// What a denoiser is trained on: latents with noise of a drawn strength, what it should say of them, and what each row
// counts.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/core/context.h"
#include "engine/diffusion/schedules/schedule.h"
#include "engine/diffusion/schedules/training_schedule.h"

namespace diptych::train {

struct NoisySample {
  Tensor noisy, target;        // like the latents
  std::vector<float> factors;  // [rows], of the loss; their mean is 1 where nothing is weighed
};

// sqrt(a) x + sqrt(1 - a) noise with a, alpha-bar, of each row's timestep (Ho et al. 2020); the target is the noise,
// the latents, or v = sqrt(a) noise - sqrt(1 - a) x (Salimans & Ho 2022). `min_snr_gamma`: rows are weighed by min(snr,
// gamma) / snr, for v by min(snr, gamma) / (snr + 1) (Hang et al. 2023).
NoisySample diffused(Context& ctx, const diffusion::TrainingSchedule& schedule, diffusion::Prediction prediction,
                     const Tensor& latents, const Tensor& noise, std::span<const int64_t> timesteps,
                     std::optional<double> min_snr_gamma = {});

// (1 - sigma) x + sigma noise; the target is the velocity, noise - x (Lipman et al. 2023).
NoisySample interpolated(Context& ctx, const Tensor& latents, const Tensor& noise, std::span<const float> sigmas);

}  // namespace diptych::train
