#include "engine/diffusion/image_run.h"

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"
#include "engine/diffusion/conditioning.h"
#include "engine/diffusion/inpainting.h"
#include "engine/diffusion/latents.h"
#include "engine/diffusion/scheduler_run.h"
#include "engine/ops/join.h"

namespace diptych::diffusion {
namespace {

class ImageRun {
 public:
  ImageRun(Context& ctx, const ImageModel& model, ImageRequest request, NoiseSource& noise)
      : ctx_(ctx),
        model_(model),
        request_(std::move(request)),
        noise_(noise),
        height_(request_.height / model.autoencoder->info().scale),
        width_(request_.width / model.autoencoder->info().scale) {}

  ImageResult operator()(const ImageStepListener& listener) {
    condition();
    solver_ = make_run_solver();
    Tensor latents = first_latents();
    ImageResult result;
    const int evaluations = ctx_.is_meta() ? 1 : solver_->evaluations() - solver_->position();
    for (int i = 0; i < evaluations; ++i) {
      latents = step(latents);
      if (request_.keep_steps) result.latents_per_step.push_back(latents);
      if (listener) listener({.step = i + 1, .steps = evaluations, .latents = latents});
    }
    result.latents = latents;
    solver_.reset();
    conditioning_ = {};
    result.images = decode_latents(ctx_, *model_.autoencoder, latents);
    return result;
  }

 private:
  // FLUX is told the guidance scale, or was distilled without any: a negative prompt has no place in it.
  bool guided() const { return model_.family != ImageFamily::flux && request_.guidance.scale > 1; }

  // Rows of images that are unconditional, then those that are not.
  void condition() {
    std::vector<int32_t> rows;
    const auto images = static_cast<int32_t>(request_.images);
    if (model_.family == ImageFamily::dit) {
      std::vector<std::optional<int32_t>> labels(static_cast<size_t>(guided() ? images : 0));
      labels.insert(labels.end(), request_.classes.begin(), request_.classes.end());
      conditioning_ = encode_classes(model_, labels);
      return;
    }
    std::vector<std::optional<std::string>> prompts;
    if (guided()) prompts.push_back(request_.negative);
    prompts.emplace_back(request_.prompt);
    for (int32_t i = 0; i < static_cast<int32_t>(prompts.size()) * images; ++i) rows.push_back(i / images);
    const Conditioning once = encode_prompts(ctx_, model_, prompts,
                                             {.width = request_.width,
                                              .height = request_.height,
                                              .clip_skip = request_.clip_skip,
                                              .text_tokens = request_.text_tokens});
    conditioning_ = gather(ctx_, once, rows);
  }

  // Where the schedule shifts with the size of the image: linearly in its number of tokens.
  std::optional<double> dynamic_shift() const {
    const SchedulerConfig& c = model_.scheduler;
    if (!c.dynamic_shift) return {};
    const double tokens = static_cast<double>(height_ * width_) / 4;  // patches of 2 x 2
    const double slope = (c.max_shift - c.base_shift) / (c.max_image_seq_len - c.base_image_seq_len);
    return c.base_shift + slope * (tokens - c.base_image_seq_len);
  }

  std::unique_ptr<Solver> make_run_solver() const {
    const auto batch = static_cast<int>(request_.images);
    const std::optional<double> mu = dynamic_shift();
    if (request_.sampler) {
      const SamplerOptions options{.steps = request_.steps, .eta = request_.eta, .batch = batch};
      return make_sampler(*request_.sampler, request_.schedule.value_or(NamedSchedule::normal),
                          ModelSampling(model_.scheduler, mu), options);
    }
    RunRequest run;
    run.steps = request_.steps;
    run.mu = mu;
    run.eta = request_.eta;
    run.batch = batch;
    if (model_.family == ImageFamily::flux) {  // its pipeline gives the noise levels itself
      for (int i = 0; i < request_.steps; ++i) {
        run.sigmas.push_back(1 - static_cast<double>(i) / request_.steps);
      }
    }
    return make_solver(model_.scheduler, run);
  }

  Tensor first_latents() {
    const Shape shape{request_.images, model_.latent_channels(), height_, width_};
    const bool inpaints = static_cast<bool>(request_.mask);
    const bool nine_channels = model_.denoiser->info().in_channels > model_.latent_channels();
    if (nine_channels && !inpaints) {
      throw Error(ErrorCategory::invalid_argument, "cannot make images", model_.pipeline,
                  "its denoiser was made for inpainting", "give an image and a mask");
    }
    const bool whole = !request_.init_image || (inpaints && request_.strength >= 1);
    if (!whole) solver_->begin_at(skipped_evaluations(*solver_, request_.steps, request_.strength));
    Tensor image_latents;
    if (request_.init_image && (!whole || !nine_channels)) {
      image_latents = repeated(encode_image(ctx_, *model_.autoencoder, request_.init_image, noise_));
    }
    const Tensor noise = drawn_noise(shape);
    Tensor latents = ctx_.output(shape);
    if (!ctx_.is_meta()) {
      const auto values = latents.span<float>();
      if (whole) {
        for (size_t i = 0; i < values.size(); ++i) {
          values[i] = noise.data<float>()[i] * solver_->init_noise_sigma();
        }
      } else {
        std::ranges::copy(image_latents.span<float>(), values.begin());
        if (!solver_->finished()) solver_->add_noise(values, noise.span<float>());
      }
    }
    if (inpaints) {
      inpainting_.emplace(shrink_mask(ctx_, request_.mask, height_, width_), image_latents, noise);
      if (nine_channels) {
        const Tensor kept = without_masked(ctx_, request_.init_image, request_.mask);
        extra_channels_ =
            repeated(concat(ctx_, inpainting_->mask(), encode_image(ctx_, *model_.autoencoder, kept, noise_), 1));
      } else {
        skip_masked_image();
      }
    }
    return latents;
  }

  // The reference encodes the masked image also where its denoiser has no channels for it; its draws come first.
  void skip_masked_image() {
    std::vector<float> draws(static_cast<size_t>(model_.latent_channels() * height_ * width_));
    if (!ctx_.is_meta()) noise_.fill_normal(draws);
  }

  Tensor drawn_noise(const Shape& shape) {
    if (request_.init_latents) {
      if (request_.init_latents.shape() == shape && request_.init_latents.dtype() == DType::f32) {
        return request_.init_latents;
      }
      throw Error(ErrorCategory::invalid_argument, "cannot make images", "the latents to start from",
                  "their shape is " + request_.init_latents.shape().str(), "give f32 " + shape.str());
    }
    Tensor noise = ctx_.output(shape);
    if (!ctx_.is_meta()) noise_.fill_normal(noise.span<float>());
    return noise;
  }

  // [1, …] -> [images, …]
  Tensor repeated(const Tensor& one) const {
    Tensor all = one;
    for (int64_t i = 1; i < request_.images; ++i) all = concat(ctx_, all, one, 0);
    return all;
  }

  Tensor step(const Tensor& latents) {
    const float timestep = solver_->timestep();
    Tensor input = copied(latents);
    if (!ctx_.is_meta()) solver_->scale_model_input(input.span<float>());
    const bool guide_now =
        guided() && (ctx_.is_meta() || request_.guidance.active(solver_->position(), solver_->evaluations()));
    Tensor prediction = without_variance(guide_now ? guided_prediction(input, timestep)
                                                   : predict(input, timestep, guided() ? request_.images : 0));
    Tensor moved = copied(latents);
    if (!ctx_.is_meta()) {
      solver_->step(prediction.span<float>(), moved.span<float>(), noise_);
      if (inpainting_) inpainting_->put_back(*solver_, moved);
    }
    return moved;
  }

  // Rows of the conditioning from `first_row` on, one per image.
  Tensor predict(const Tensor& input, float timestep, int64_t first_row) const {
    std::vector<int32_t> rows;
    for (int64_t i = 0; i < input.dim(0); ++i) rows.push_back(static_cast<int32_t>(first_row + i));
    const bool all = static_cast<int64_t>(rows.size()) == conditioning_.rows();
    Conditioning c = all ? conditioning_ : gather(ctx_, conditioning_, rows);
    DenoiserInput question;
    question.sample = input;
    if (extra_channels_) {
      Tensor extra = extra_channels_;
      while (extra.dim(0) < input.dim(0)) extra = concat(ctx_, extra, extra_channels_, 0);
      question.sample = concat(ctx_, input, extra, 1);
    }
    // FLUX counts time from 0 to 1.
    const float time = model_.family == ImageFamily::flux ? timestep / 1000 : timestep;
    question.timesteps.assign(rows.size(), time);
    question.text = c.text;
    question.text_lengths = c.text_lengths;
    question.pooled = c.pooled;
    question.time_ids = c.time_ids;
    question.classes = c.classes;
    if (model_.denoiser->info().distilled_guidance) {
      question.guidance.assign(rows.size(), static_cast<float>(request_.guidance.scale));
    }
    return model_.denoiser->forward(ctx_, question);
  }

  Tensor guided_prediction(const Tensor& input, float timestep) const {
    const int64_t images = request_.images;
    Tensor unconditional, conditional;
    if (request_.sequential_guidance) {
      unconditional = predict(input, timestep, 0);
      conditional = predict(input, timestep, images);
    } else {
      const Tensor both = predict(concat(ctx_, input, input, 0), timestep, 0);
      unconditional = both.slice(0, 0, images);
      conditional = both.slice(0, images, 2 * images);
    }
    if (ctx_.is_meta()) return conditional;
    const int64_t values = conditional.elements() / images;
    for (int64_t i = 0; i < images; ++i) {
      guide(request_.guidance, {unconditional.data<float>() + i * values, static_cast<size_t>(values)},
            {conditional.data<float>() + i * values, static_cast<size_t>(values)});
    }
    return conditional;
  }

  // Networks that also predict variances give them as further channels, which only a solver that learned them reads.
  Tensor without_variance(const Tensor& prediction) const {
    const int64_t channels = model_.latent_channels();
    if (prediction.dim(1) == channels || model_.scheduler.variance_type.starts_with("learned")) return prediction;
    return contiguous(ctx_, prediction.slice(1, 0, channels));
  }

  Tensor copied(const Tensor& x) const {
    Tensor copy = ctx_.output(x.shape());
    if (!copy.is_meta()) std::ranges::copy(x.span<float>(), copy.data<float>());
    return copy;
  }

  Context& ctx_;
  const ImageModel& model_;
  const ImageRequest request_;
  NoiseSource& noise_;
  const int64_t height_, width_;  // of the latents
  Conditioning conditioning_;
  std::unique_ptr<Solver> solver_;
  std::optional<Inpainting> inpainting_;
  Tensor extra_channels_;  // [images, 1 + latent channels, h, w]: mask and masked image, of inpainting denoisers
};

}  // namespace

ImageResult make_images(Context& ctx, const ImageModel& model, const ImageRequest& request, NoiseSource& noise,
                        const ImageStepListener& listener) {
  return ImageRun(ctx, model, completed(model, request), noise)(listener);
}

}  // namespace diptych::diffusion
