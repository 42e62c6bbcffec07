#include "engine/train/image/noise_levels.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/diffusion/noise/noise_streams.h"
#include "engine/diffusion/schedules/sigma_spacing.h"
#include "engine/diffusion/solvers/model_sampling.h"

namespace diptych::train {
namespace {

using diffusion::Prediction;

[[noreturn]] void refuse_loss(const std::string& key, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot train with", "loss." + key, why, to_do);
}

// Box & Muller 1958.
double normal_of(const RandomStream& stream) {
  return std::sqrt(-2 * std::log1p(-stream.uniform(1))) * std::cos(2 * std::numbers::pi * stream.uniform(2));
}

void check_flow_loss(const LossOptions& loss) {
  if (loss.prediction != PredictionTarget::automatic && loss.prediction != PredictionTarget::flow)
    refuse_loss("prediction", "the base was trained by flow matching", "leave it out");
  if (loss.min_snr_gamma > 0) refuse_loss("min_snr_gamma", "it does not apply to flow matching", "leave it out");
  if (loss.zero_terminal_snr) refuse_loss("zero_terminal_snr", "flows always end in noise alone", "leave it out");
}

Prediction wanted_prediction(const LossOptions& loss, Prediction of_base) {
  Prediction wanted = of_base;
  if (loss.prediction == PredictionTarget::epsilon) wanted = Prediction::epsilon;
  if (loss.prediction == PredictionTarget::v) wanted = Prediction::v;
  if (loss.prediction == PredictionTarget::flow)
    refuse_loss("prediction", "the base has a schedule of diffusion, not of flow matching", "use \"epsilon\" or \"v\"");
  if (loss.timestep_shift != 1) refuse_loss("timestep_shift", "it is for models of flow matching", "leave it out");
  if (loss.zero_terminal_snr && wanted == Prediction::epsilon)
    refuse_loss("zero_terminal_snr", "where nothing but noise is left, the noise says nothing of the picture",
                "set loss.prediction to \"v\"");
  return wanted;
}

}  // namespace

NoiseLevels::NoiseLevels(const Recipe& recipe, const diffusion::SchedulerConfig& scheduler,
                         const DenoiserInfo& denoiser)
    : loss_(recipe.loss), timestep_divisor_(denoiser.timestep_divisor), reversed_(denoiser.reversed_flow) {
  const diffusion::ModelSampling sampling(scheduler);
  known_timesteps_ = static_cast<float>(sampling.timesteps());
  if (sampling.space() == diffusion::Space::flow) {
    check_flow_loss(loss_);
    prediction_ = Prediction::flow;
    shift_ = scheduler.dynamic_shift ? 1 : scheduler.shift;
    return;
  }
  prediction_ = wanted_prediction(loss_, sampling.prediction());
  diffusion::SchedulerConfig trained = scheduler;
  trained.rescale_betas_zero_snr = trained.rescale_betas_zero_snr || loss_.zero_terminal_snr;
  schedule_ = trained.training_schedule();
}

double NoiseLevels::time_of(const PictureDraws& draws) const {
  const RandomStream stream(draws.seed, "noise level " + draws.place);
  if (loss_.timestep_sampling == TimestepSampling::uniform) return stream.uniform(0);
  return 1 / (1 + std::exp(-(loss_.logit_mean + loss_.logit_std * normal_of(stream))));
}

Tensor NoiseLevels::noise_like(Context& ctx, const Tensor& latents, std::span<const PictureDraws> draws) const {
  Tensor noise = ctx.output(latents.shape());
  if (ctx.is_meta()) return noise;
  const auto channels = static_cast<size_t>(latents.dim(1));
  const auto values = static_cast<size_t>(latents.elements() / latents.dim(0)), plane = values / channels;
  for (size_t row = 0; row < draws.size(); ++row) {
    const std::span<float> own = noise.span<float>().subspan(row * values, values);
    diffusion::PhiloxNoise(draws[row].seed, "training noise " + draws[row].place).fill_normal(own);
    if (loss_.offset_noise == 0) continue;
    std::vector<float> offsets(channels);
    diffusion::PhiloxNoise(draws[row].seed, "offset noise " + draws[row].place).fill_normal(offsets);
    for (size_t i = 0; i < values; ++i) own[i] += static_cast<float>(loss_.offset_noise) * offsets[i / plane];
  }
  return noise;
}

NoisyQuestion NoiseLevels::ask(Context& ctx, const Tensor& latents, std::span<const PictureDraws> draws) const {
  assert(latents.dim(0) == static_cast<int64_t>(draws.size()));
  const Tensor noise = noise_like(ctx, latents, draws);
  NoisyQuestion question;
  std::vector<float>& told = question.timesteps;
  if (schedule_) {
    std::vector<int64_t> timesteps;
    for (const PictureDraws& one : draws) {
      const auto timestep = static_cast<int64_t>(time_of(one) * schedule_->timesteps());
      timesteps.push_back(std::min<int64_t>(timestep, schedule_->timesteps() - 1));
      told.push_back(static_cast<float>(timesteps.back()));
    }
    question.sample = diffused(ctx, *schedule_, prediction_, latents, noise, timesteps,
                               loss_.min_snr_gamma > 0 ? std::optional(loss_.min_snr_gamma) : std::nullopt);
  } else {
    std::vector<float> sigmas;
    for (const PictureDraws& one : draws) {
      const double sigma = diffusion::shift_flow(diffusion::shift_flow(time_of(one), shift_), loss_.timestep_shift);
      sigmas.push_back(static_cast<float>(sigma));
      told.push_back(sigmas.back() * known_timesteps_);
    }
    question.sample = interpolated(ctx, latents, noise, sigmas);
  }
  for (float& timestep : told) timestep = (reversed_ ? timestep_divisor_ - timestep : timestep) / timestep_divisor_;
  if (reversed_ && !ctx.is_meta()) {
    for (float& value : question.sample.target.span<float>()) value = -value;
  }
  return question;
}

}  // namespace diptych::train
