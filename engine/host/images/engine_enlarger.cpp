#include "engine/host/images/engine_enlarger.h"

#include "engine/host/images/run_tracer.h"

namespace diptych::host {
namespace {

api::ImageSettings enlarged_settings(api::ImageSettings settings, const Tensor& images) {
  settings.height = static_cast<int>(images.dim(2));
  settings.width = static_cast<int>(images.dim(3));
  return settings;
}

}  // namespace

ImageRunResult EngineEnlarger::run(const ImageRunRequest& request, const ImageRunHooks& hooks) {
  RunTracer tracer(hooks, enlarging_phase);
  const RunGuests guests(ctx_, tracer, request.cancel);
  const auto tell = [&](int done, int tiles) {
    tracer.hand_on();
    if (hooks.step) hooks.step(enlarging_step(done, tiles));
  };
  tell(0, 1);
  const PreparedUpscale upscale = prepare_upscale(ctx_, request.settings, request.pictures, request.files);
  diffusion::ImageResult made = run_enlargement(ctx_, upscale, upscalers_, tell);
  tracer.hand_on();
  ImageRunResult result;
  result.settings = enlarged_settings(request.settings, made.images);
  result.enlarging = tracer.part(enlarging_phase, made.enlarging.seconds, made.enlarging.cost);
  result.peak_bytes = made.peak_bytes();
  result.images.push_back(picture_at(made.images, 0));
  made = {};
  ctx_.arena()->trim();
  return result;
}

ImagePrediction predict_enlargement(const UpscalerLoader& upscalers, int threads, const ImageRunRequest& request) {
  Context meta(meta_device, threads);
  const PreparedUpscale upscale = prepare_upscale(meta, request.settings, request.pictures, request.files);
  const diffusion::ImageResult made = run_enlargement(meta, upscale, upscalers, {});
  ImagePrediction prediction;
  prediction.settings = enlarged_settings(request.settings, made.images);
  prediction.memory_bytes = made.peak_bytes();
  prediction.owners = owners_of(meta.arena()->use());
  prediction.enlarging = made.enlarging.cost;
  return prediction;
}

}  // namespace diptych::host
