#include "engine/host/images/engine_image_model.h"

#include <algorithm>

#include "engine/diffusion/image_run.h"
#include "engine/host/images/image_request.h"
#include "engine/host/images/run_tracer.h"

namespace diptych::host {
ImageRunResult EngineImageModel::run(const ImageRunRequest& request, const ImageRunHooks& hooks) {
  RunTracer tracer(hooks, request.settings.upscale ? enlarging_phase : text_phase);
  const RunGuests guests(*ctx_, tracer, request.cancel);
  ctx_->arena()->reset_peak();
  side_models_.keep_only(request.files);
  const PreparedImages prepared =
      prepare_images(*ctx_, model_, request.settings, {request.pictures, request.files, side_models_, *registry_});
  apply_files(*ctx_, model_, prepared, path_, applied_);
  const int64_t equipping_bytes = ctx_->arena()->use().total_peak_bytes;
  const bool previewed = request.settings.preview != api::PreviewKind::off;
  if (previewed && preview_map_.weights.empty()) {
    preview_map_ = diffusion::measured_preview(*ctx_, *model_.autoencoder);
  }
  const auto tell = [&](const ImageRunStep& step) {
    if (hooks.step) hooks.step(step);
  };
  tell({});
  const auto listen = [&](const diffusion::ImageStep& step) {
    tracer.hand_on();
    tracer.phase = step.step == step.steps ? decoding_phase : denoising_phase;
    ImageRunStep told;
    told.phase = "denoising";
    told.step = step.step;
    told.steps = step.steps;
    if (step.step > 0 && !prepared.upscale) {  // a tile is no picture to look at
      const Tensor& shown = step.clean ? step.clean : step.latents;
      told.channels = shown.dim(1);
      told.height = shown.dim(2);
      told.width = shown.dim(3);
      told.latents = shown.span<float>().first(static_cast<size_t>(told.channels * told.height * told.width));
      told.preview_map = preview_map_.weights;
    }
    tell(told);
    if (step.step != step.steps) return;
    told.phase = "decoding";
    told.latents = {};
    tell(told);
  };
  diffusion::ImageResult made = run_passes(*ctx_, model_, prepared, diffusion::parse_noise_kind(request.settings.rng),
                                           static_cast<uint64_t>(request.settings.seed.value_or(0)), upscalers_,
                                           {listen, [&](int done, int tiles) {
                                              tracer.hand_on();
                                              tell(enlarging_step(done, tiles));
                                            }});
  tracer.hand_on();
  ImageRunResult result;
  result.adapters = applied_.adapters.value_or(std::vector<diffusion::ChosenAdapter>());
  result.embeddings = applied_.embeddings;
  result.settings = completed_settings(request.settings, prepared.request);
  result.enlarging = tracer.part(enlarging_phase, made.enlarging.seconds, made.enlarging.cost);
  result.text = tracer.part(text_phase, made.text.seconds, made.text.cost);
  result.denoising = tracer.part(denoising_phase, made.denoising.seconds, made.denoising.cost);
  result.decoding = tracer.part(decoding_phase, made.decoding.seconds, made.decoding.cost);
  result.evaluations = made.evaluations;
  result.peak_bytes = std::max(equipping_bytes, made.peak_bytes());
  for (int64_t i = 0; i < made.images.dim(0); ++i) {
    result.images.push_back(prepared.finished(picture_at(made.images, i)));
  }
  if (previewed && made.latents) preview_map_ = diffusion::fitted_preview(made.latents, made.images);
  made = {};
  ctx_->arena()->trim();
  return result;
}

}  // namespace diptych::host
