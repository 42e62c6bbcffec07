#include "engine/host/engine_image_model.h"

#include <array>

#include "engine/diffusion/image_noise.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/image_tensor.h"
#include "engine/host/image_mask.h"
#include "engine/host/image_request.h"

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

// Inpainted pictures keep their originals outside the mask.
void lay_over(const ImageRunRequest& request, std::vector<Image8>& images) {
  const auto& init = request.settings.init;
  if (!init || init->mask.empty()) return;
  const int64_t width = images.front().width, height = images.front().height;
  const std::vector<float> mask =
      blurred(mask_values(request.pictures.at(init->mask), width, height), width, height, init->mask_blur);
  for (Image8& image : images) image = laid_over(request.pictures.at(init->image), image, mask);
}

}  // namespace

ImageRunResult EngineImageModel::run(const ImageRunRequest& request, const ImageRunHooks& hooks) {
  RunTracer tracer(hooks);
  const RunGuests guests(*ctx_, tracer, request.cancel);
  controls_.keep_only(request.files);
  const diffusion::ImageRequest asked = image_request_of(
      *ctx_, model_, request.settings, request.pictures,
      [&](const std::string& name) { return controls_.get(*ctx_, *registry_, request.files.at(name)); });
  const int64_t scale = model_.autoencoder->info().scale;
  const int64_t height = asked.height / scale, width = asked.width / scale, channels = model_.latent_channels();
  diffusion::ImageNoise noise(diffusion::parse_noise_kind(request.settings.rng),
                              static_cast<uint64_t>(request.settings.seed.value_or(0)), asked.images,
                              channels * height * width);
  const auto tell = [&](const ImageRunStep& step) {
    if (hooks.step) hooks.step(step);
  };
  tell({.phase = "text"});
  diffusion::ImageResult made =
      diffusion::make_images(*ctx_, model_, asked, noise, [&](const diffusion::ImageStep& step) {
        tracer.hand_on();
        tracer.phase = step.step == step.steps ? decoding_phase : denoising_phase;
        ImageRunStep told{.phase = "denoising", .step = step.step, .steps = step.steps};
        if (step.step > 0) {
          told.latents = step.latents.span<float>().first(static_cast<size_t>(channels * height * width));
          told.channels = channels;
          told.height = height;
          told.width = width;
        }
        tell(told);
        if (step.step == step.steps) tell({.phase = "decoding", .step = step.steps, .steps = step.steps});
      });
  tracer.hand_on();
  ImageRunResult result;
  result.settings = completed_settings(request.settings, asked);
  result.text = {made.text.seconds - tracer.away_s(text_phase), made.text.cost};
  result.denoising = {made.denoising.seconds - tracer.away_s(denoising_phase), made.denoising.cost};
  result.decoding = {made.decoding.seconds - tracer.away_s(decoding_phase), made.decoding.cost};
  result.evaluations = made.evaluations;
  result.peak_bytes = made.peak_bytes();
  for (int64_t i = 0; i < made.images.dim(0); ++i) result.images.push_back(picture_at(made.images, i));
  lay_over(request, result.images);
  made = {};
  ctx_->arena()->trim();
  return result;
}

}  // namespace diptych::host
