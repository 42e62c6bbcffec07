#include "engine/host/images/engine_image_model.h"

#include <algorithm>
#include <array>

#include "engine/diffusion/image_run.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/host/images/image_request.h"

namespace diptych::host {
namespace {

enum Phase : size_t { text_phase, denoising_phase, decoding_phase, phase_count };

// Hears of every op: lets others have the device between two of them, and hands on what was computed.
class RunTracer final : public Tracer {
 public:
  explicit RunTracer(const ImageRunHooks& hooks) : hooks_(hooks) {}

  void op(std::string_view, const Cost& cost) override {
    if (hooks_.between) away_s_[phase] += hooks_.between();
    pending_ += cost;
    if (++ops_ % 64 == 0) hand_on();
  }
  void hand_on() {
    if (hooks_.computed) hooks_.computed(std::exchange(pending_, {}));
  }
  double away_s(Phase of) const { return away_s_[of]; }

  Phase phase = text_phase;

 private:
  const ImageRunHooks& hooks_;
  Cost pending_;
  int ops_ = 0;
  std::array<double, phase_count> away_s_{};
};

// The context's guests leave with the run.
class RunGuests {
 public:
  RunGuests(Context& ctx, Tracer& tracer, const CancelToken& cancel) : ctx_(ctx) {
    ctx_.tracer = &tracer;
    ctx_.cancel = cancel;
  }
  ~RunGuests() {
    ctx_.tracer = nullptr;
    ctx_.cancel = {};
  }
  RunGuests(const RunGuests&) = delete;
  RunGuests& operator=(const RunGuests&) = delete;

 private:
  Context& ctx_;
};

Image8 picture_at(const Tensor& images, int64_t row) {
  const int64_t channels = images.dim(1), height = images.dim(2), width = images.dim(3);
  const auto values = static_cast<size_t>(channels * height * width);
  return diffusion::image_of_planes(images.span<float>().subspan(static_cast<size_t>(row) * values, values),
                                    static_cast<int>(channels), height, width, diffusion::PixelRange::unit);
}

}  // namespace

ImageRunResult EngineImageModel::run(const ImageRunRequest& request, const ImageRunHooks& hooks) {
  RunTracer tracer(hooks);
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
    if (step.step > 0) {
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
  diffusion::ImageResult made =
      run_passes(*ctx_, model_, prepared, diffusion::parse_noise_kind(request.settings.rng),
                 static_cast<uint64_t>(request.settings.seed.value_or(0)), upscalers_, listen);
  tracer.hand_on();
  ImageRunResult result;
  result.settings = completed_settings(request.settings, prepared.request);
  result.text = {made.text.seconds - tracer.away_s(text_phase), made.text.cost};
  result.denoising = {made.denoising.seconds - tracer.away_s(denoising_phase), made.denoising.cost};
  result.decoding = {made.decoding.seconds - tracer.away_s(decoding_phase), made.decoding.cost};
  result.evaluations = made.evaluations;
  result.peak_bytes = std::max(equipping_bytes, made.peak_bytes());
  for (int64_t i = 0; i < made.images.dim(0); ++i) {
    result.images.push_back(prepared.finished(picture_at(made.images, i)));
  }
  if (previewed) preview_map_ = diffusion::fitted_preview(made.latents, made.images);
  made = {};
  ctx_->arena()->trim();
  return result;
}

}  // namespace diptych::host
