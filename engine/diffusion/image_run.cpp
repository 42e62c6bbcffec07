#include "engine/diffusion/image_run.h"

#include <algorithm>
#include <deque>

#include "engine/core/error.h"
#include "engine/diffusion/condition/conditioning.h"
#include "engine/diffusion/condition/gathered_conditioning.h"
#include "engine/diffusion/finite_guard.h"
#include "engine/diffusion/inpainting.h"
#include "engine/diffusion/latents.h"
#include "engine/diffusion/noise/image_noise.h"
#include "engine/diffusion/passes.h"
#include "engine/diffusion/schedules/flow_shift.h"
#include "engine/diffusion/solvers/scheduler_run.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"

namespace diptych::diffusion {
namespace {

class ImageRun {
 public:
  ImageRun(Context& ctx, const ImageModel& model, ImageRequest request, NoiseSource& noise)
      : ctx_(ctx),
        model_(model),
        denoiser_(model.denoiser.get()),
        traits_(traits_of(model.family)),
        request_(std::move(request)),
        scheduler_(with_flow_shift(model.scheduler, request_.flow_shift)),
        noise_(noise),
        height_(request_.height / model.autoencoder->info().scale),
        width_(request_.width / model.autoencoder->info().scale) {}

  ImageResult operator()(const ImageStepListener& listener) {
    ImageResult result;
    measure_phase(ctx_, result.text, [&] {
      guarded(
          ctx_, "the text encoders' result", [&] { condition(); },
          [&] {
            return all_finite(conditioning_.text) && all_finite(conditioning_.pooled) && all_finite(refined_.text) &&
                   all_finite(refined_.pooled);
          },
          result.redone_text);
    });
    measure_phase(ctx_, result.denoising, [&] { denoise(result, listener); });
    result.denoising.cost += left_out_;
    conditioning_ = refined_ = {};
    measure_phase(ctx_, result.decoding, [&] {
      result.images =
          decode_latents(ctx_, *model_.autoencoder, result.latents, request_.tiled_autoencoder, &result.redone_picture);
    });
    return result;
  }

 private:
  void denoise(ImageResult& result, const ImageStepListener& listener) {
    solver_ = make_run_solver();
    predicted_ = ModelSampling(scheduler_, dynamic_shift(scheduler_, height_, width_)).prediction();
    check_cache();
    Tensor latents = first_latents();
    controls_ = Controls(ctx_, request_.controls);
    const int evaluations = evaluations_ = result.evaluations = solver_->evaluations() - solver_->position();
    const int refined = request_.refiner
                            ? refined_evaluations(*solver_, request_.refiner->switch_at, scheduler_.num_train_timesteps)
                            : 0;
    if (listener) listener({.step = 0, .steps = evaluations, .latents = latents, .clean = latents});
    evaluation_ = 0;
    evaluate(evaluations - refined, latents, result, listener);
    if (refined > 0) {
      hand_over();
      evaluate(refined, latents, result, listener);
    }
    result.latents = latents;
    result.redone_steps = redone_steps_;
    solver_.reset();
    clean_ = {};
    inpainting_.reset();
    gathered_ = {};
    extra_channels_ = {};
    controls_ = {};
    image_prompts_ = {};
  }

  // So many evaluations by the denoiser that acts; the memory and cost of all.
  void evaluate(int count, Tensor& latents, ImageResult& result, const ImageStepListener& listener) {
    // The second evaluation also holds what the first one left, and does without making it.
    const int done = ctx_.is_meta() ? std::min(count, request_.cache || keeps_text_keys() ? 2 : 1) : count;
    Cost before;  // the last evaluation
    for (int i = 0; i < done; ++i, ++evaluation_) {
      before = ctx_.cost();
      latents = step(latents, static_cast<bool>(listener));
      if (request_.keep_steps) result.latents_per_step.push_back(latents);
      if (listener) listener({.step = evaluation_ + 1, .steps = evaluations_, .latents = latents, .clean = clean_});
    }
    if (done > 0) left_out_ += cost_times(ctx_.cost() - before, static_cast<double>(count - done));
    int reused = 0;
    for (const StepCache& cache : caches_) reused = std::max(reused, cache.reused());
    result.reused_evaluations += reused;
    caches_.clear();
  }

  // The refiner goes on, told by its own text encoders. What steered the model says nothing to it.
  void hand_over() {
    denoiser_ = request_.refiner->model->denoiser.get();
    conditioning_ = std::move(refined_);
    gathered_ = {};
    if (request_.perturbed.scale > 0) {
      perturbed_layers_ = known_perturbed_layers(denoiser_->info(), request_.perturbed.layers);
    }
    extra_channels_ = {};
    controls_ = {};
    image_prompts_ = {};
  }

  void check_cache() const {
    if (!request_.cache) return;
    const DenoiserInfo& info = model_.denoiser->info();
    const bool of_levels = request_.cache->kind == StepCacheKind::deepcache;
    if (of_levels ? info.skips_levels : info.skips_blocks) return;
    throw Error(ErrorCategory::unsupported, "cannot leave work out", step_cache_text(*request_.cache),
                info.architecture + " does not know this way",
                info.skips_levels   ? "use deepcache"
                : info.skips_blocks ? "use first-block or teacache"
                                    : "make the image without it");
  }

  bool guided() const {
    const bool wanted = traits_.takes_negative && (request_.negative || !traits_.only_with_negative);
    return wanted && scaled_guidance().scale > 1;
  }
  Guidance scaled_guidance() const {
    Guidance result = request_.guidance;
    result.scale += traits_.scale_offset;
    return result;
  }

  void condition() {
    if (request_.perturbed.scale > 0) {
      perturbed_layers_ = perturbed_layers(model_.denoiser->info(), request_.perturbed.layers);
    }
    if (model_.family == ImageFamily::dit) {
      std::vector<std::optional<int32_t>> labels{std::nullopt};  // the unconditional one
      labels.insert(labels.end(), request_.classes.begin(), request_.classes.end());
      conditioning_ = encode_classes(model_, labels);
      plan_.parts.resize(1);
      return;
    }
    plan_ = plan_prompts(request_.prompt, request_.negative,
                         {.syntax = request_.prompt_syntax,
                          .guided = guided(),
                          .steps = request_.steps,
                          .steps_before = request_.steps_before,
                          .wildcard_seed = request_.wildcard_seed});
    conditioning_ = encode_prompts(ctx_, model_, plan_,
                                   {.width = request_.width,
                                    .height = request_.height,
                                    .clip_skip = request_.clip_skip,
                                    .text_tokens = request_.text_tokens});
    if (request_.refiner) {
      refined_ = encode_prompts(ctx_, *request_.refiner->model, plan_,
                                {.width = request_.width,
                                 .height = request_.height,
                                 .clip_skip = request_.clip_skip,
                                 .text_tokens = request_.text_tokens});
    }
    image_prompts_ = ImagePrompts(ctx_, request_.image_prompts, guided());
  }

  // Rows of the conditioning that the images take in this step.
  std::vector<int32_t> unconditional_rows() const {
    const size_t row = model_.family == ImageFamily::dit ? 0 : plan_.negative->text_at(current_step());
    return std::vector<int32_t>(static_cast<size_t>(request_.images), static_cast<int32_t>(row));
  }
  std::vector<int32_t> conditional_rows(const PromptPlan::Part& part) const {
    std::vector<int32_t> rows;
    rows.reserve(static_cast<size_t>(request_.images));
    for (int32_t i = 0; i < static_cast<int32_t>(request_.images); ++i) {
      rows.push_back(model_.family == ImageFamily::dit ? 1 + i : static_cast<int32_t>(part.text_at(current_step())));
    }
    return rows;
  }
  int current_step() const { return solver_->position() / solver_->evaluations_per_step() + 1; }

  std::unique_ptr<Solver> make_run_solver() const {
    const auto batch = static_cast<int>(request_.images);
    const std::optional<double> mu = dynamic_shift(scheduler_, height_, width_);
    if (request_.sampler) {
      const SamplerOptions options{.steps = request_.steps, .eta = request_.eta, .batch = batch};
      return make_sampler(*request_.sampler, request_.schedule.value_or(NamedSchedule::normal),
                          ModelSampling(scheduler_, mu), options);
    }
    RunRequest run;
    run.steps = request_.steps;
    run.mu = mu;
    run.eta = request_.eta;
    run.batch = batch;
    // FLUX's pipeline leaves them to schedulers that have flow sigmas of their own.
    if (traits_.noise_levels && !(model_.family == ImageFamily::flux && scheduler_.sigmas == SigmaKind::flow)) {
      for (int i = 0; i < request_.steps; ++i) {
        run.sigmas.push_back(1 - static_cast<double>(i) / request_.steps);
      }
    }
    return make_solver(scheduler_, run);
  }

  Tensor first_latents() {
    const Shape shape{request_.images, model_.latent_channels(), height_, width_};
    const bool inpaints = static_cast<bool>(request_.mask);
    const bool nine_channels = model_.denoiser->info().in_channels > model_.latent_channels();
    if (nine_channels && !inpaints) {
      throw Error(ErrorCategory::invalid_argument, "cannot make images", model_.pipeline,
                  "its denoiser was made for inpainting", "give an image and a mask");
    }
    const bool starts = request_.init_image || request_.init_image_latents;
    const bool whole = !starts || (inpaints && request_.strength >= 1);
    if (!whole) {
      solver_->begin_at(skipped_evaluations(*solver_, request_.steps, request_.strength, traits_.begins_early));
    }
    Tensor image_latents;
    if (request_.init_image_latents) {
      image_latents = repeated(request_.init_image_latents, request_.images);
    } else if (request_.init_image && (!whole || !nine_channels)) {
      image_latents = encoded(request_.init_image);
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
      const Tensor mask = shrink_mask(ctx_, request_.mask, height_, width_);
      if (nine_channels) {  // which see what is to stay, and keep it themselves
        const Tensor kept = without_masked(ctx_, request_.init_image, request_.mask);
        extra_channels_ = concat(ctx_, repeated(mask, request_.images), encoded(kept), 1);
      } else {
        inpainting_.emplace(mask, image_latents, noise);
        skip_masked_image();
      }
    }
    return latents;
  }

  // Once for each image of the batch, which draw latents of their own.
  Tensor encoded(const Tensor& image) {
    return encode_image(ctx_, *model_.autoencoder, image, noise_, request_.tiled_autoencoder, request_.images);
  }

  // The reference encodes the masked image also where its denoiser has no channels for it; its draws come first.
  void skip_masked_image() {
    std::vector<float> draws(static_cast<size_t>(request_.images * model_.latent_channels() * height_ * width_));
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
    if (ctx_.is_meta()) return noise;
    noise_.fill_normal(noise.span<float>());
    if (request_.variation && request_.variation->strength > 0) vary(noise);
    return noise;
  }

  void vary(Tensor& noise) const {
    const Variation& variation = *request_.variation;
    const auto values = static_cast<size_t>(noise.elements() / request_.images);
    std::vector<float> other(static_cast<size_t>(noise.elements()));
    ImageNoise(variation.kind, variation.seed, request_.images, static_cast<int64_t>(values)).fill_normal(other);
    for (size_t first = 0; first < other.size(); first += values) {
      mix_noise(noise.span<float>().subspan(first, values), std::span(other).subspan(first, values), height_, width_,
                variation.strength);
    }
  }

  // [n, …] -> [times * n, …]
  Tensor repeated(const Tensor& x, int64_t times) const {
    if (times == 1) return x;
    std::vector<int32_t> rows;
    rows.reserve(static_cast<size_t>(times * x.dim(0)));
    for (int64_t i = 0; i < times * x.dim(0); ++i) rows.push_back(static_cast<int32_t>(i % x.dim(0)));
    const Tensor flat = gather_rows(ctx_, x.reshape({x.dim(0), x.elements() / x.dim(0)}), rows);
    return flat.reshape(x.shape().with(0, times * x.dim(0)));
  }

  // What the prediction takes the sample to be without its noise.
  Tensor without_noise(const Tensor& sample, const Tensor& prediction) const {
    float alpha = 1, sigma = 0;  // the sample is alpha * clean + sigma * noise
    const float zero = 0, one = 1;
    solver_->add_noise({&alpha, 1}, {&zero, 1});
    solver_->add_noise({&sigma, 1}, {&one, 1});
    return clean_latents(ctx_, {alpha, sigma}, predicted_, sample, prediction);
  }

  Tensor step(const Tensor& latents, bool with_clean) {
    clean_ = {};
    const float timestep = solver_->timestep();
    Tensor input = copied(latents);
    if (!ctx_.is_meta()) solver_->scale_model_input(input.span<float>());
    const bool guide_now =
        guided() && (ctx_.is_meta() || request_.guidance.active(solver_->position(), solver_->evaluations()));
    Tensor prediction = without_variance(combined_prediction(input, timestep, guide_now));
    if (with_clean) clean_ = without_noise(latents, prediction);
    Tensor moved = copied(latents);
    if (!ctx_.is_meta()) {
      solver_->step(prediction.span<float>(), moved.span<float>(), noise_);
      if (inpainting_) inpainting_->put_back(*solver_, moved);
    }
    return moved;
  }

  // Of the step's question with this number; null where nothing is left out.
  StepCache* cache_of(size_t question) {
    if (!request_.cache) return nullptr;
    while (caches_.size() <= question) caches_.emplace_back(*request_.cache);
    return &caches_[question];
  }

  // Conditions that are asked for one after the other, to save memory, each come with another text.
  bool keeps_text_keys() const { return !request_.sequential_guidance; }

  // How many rows in front are of the negative prompt.
  int64_t unconditional_in(const std::vector<int32_t>& rows) const {
    const auto conditional = [&](int32_t row) { return row >= static_cast<int32_t>(plan_.negative_texts); };
    return std::ranges::find_if(rows, conditional) - rows.begin();
  }

  // `input` once for each `images` of the rows of the conditioning; those from `first_perturbed` on are perturbed.
  // `number`: of the question in this step.
  Tensor predict(const Tensor& input, float timestep, const std::vector<int32_t>& rows, size_t first_perturbed,
                 size_t number) {
    const Conditioning& c = gathered_.of(ctx_, conditioning_, rows);
    DenoiserInput question;
    const int64_t copies = static_cast<int64_t>(rows.size()) / request_.images;
    const DenoiserInfo& info = denoiser_->info();
    const float counted = info.reversed_flow ? info.timestep_divisor - timestep : timestep;
    question.timesteps.assign(rows.size(), counted / info.timestep_divisor);
    question.text = c.text;
    question.text_lengths = c.text_lengths;
    question.pooled = c.pooled;
    question.time_ids = c.time_ids;
    question.classes = c.classes;
    question.cache = cache_of(number);
    if (keeps_text_keys()) question.text_keys = &gathered_.text_keys();
    if (info.distilled_guidance) {
      question.guidance.assign(rows.size(), static_cast<float>(request_.guidance.scale));
    }
    const int64_t unconditional = unconditional_in(rows);
    if (!controls_.empty()) {
      question.sample = repeated(input, copies);  // they see the latents alone
      controls_.add_to(ctx_, question, evaluation_, evaluations_, unconditional);
    }
    if (extra_channels_ || !question.sample) {
      question.sample = repeated(extra_channels_ ? concat(ctx_, input, extra_channels_, 1) : input, copies);
    }
    image_prompts_.add_to(question, unconditional);
    if (first_perturbed < rows.size()) {
      question.perturbed = {.first = static_cast<int64_t>(first_perturbed), .layers = perturbed_layers_};
    }
    Tensor prediction;
    bool redone = false;
    const int evaluation = solver_->position() + 1;
    guarded(
        ctx_, "the denoiser's prediction in step " + std::to_string(evaluation),
        [&] {
          prediction = {};
          const SamplesScope images(ctx_, question.sample.dim(0));
          prediction = denoiser_->forward(ctx_, question);
          if (info.reversed_flow) prediction = scale_offset(ctx_, prediction, -1, 0);
        },
        [&] { return all_finite(prediction); }, redone);
    if (redone) gathered_.drop_text_keys();  // it may be they that are no numbers
    if (redone && (redone_steps_.empty() || redone_steps_.back() != evaluation)) redone_steps_.push_back(evaluation);
    return prediction;
  }

  // The predictions of all conditions, in one batch or one after the other, as one.
  Tensor combined_prediction(const Tensor& input, float timestep, bool guide_now) {
    std::vector<std::vector<int32_t>> asked;
    const size_t least = guide_now ? 0 : 1;  // number: a condition keeps its own, and so what its cache holds
    if (guide_now) asked.push_back(unconditional_rows());
    for (const PromptPlan::Part& part : plan_.parts) asked.push_back(conditional_rows(part));
    const size_t whole = asked.size();
    const double perturbed_scale = request_.perturbed.scale_at(timestep);
    const bool perturbs = request_.perturbed.scale > 0 && (ctx_.is_meta() || perturbed_scale > 0);
    for (size_t i = 0; perturbs && i < plan_.parts.size(); ++i) asked.push_back(conditional_rows(plan_.parts[i]));
    const bool one_by_one = request_.sequential_guidance;
    if (asked.size() == 1) return predict(input, timestep, asked.front(), asked.front().size(), one_by_one ? least : 0);
    std::vector<Tensor> predictions;
    if (one_by_one) {
      for (size_t i = 0; i < asked.size(); ++i) {
        predictions.push_back(predict(input, timestep, asked[i], i < whole ? asked[i].size() : 0, least + i));
      }
    } else {
      std::vector<int32_t> all;
      for (const auto& rows : asked) all.insert(all.end(), rows.begin(), rows.end());
      const Tensor together = predict(input, timestep, all, whole * static_cast<size_t>(request_.images), 0);
      for (size_t i = 0; i < asked.size(); ++i) {
        const auto first = static_cast<int64_t>(i) * request_.images;
        predictions.push_back(together.slice(0, first, first + request_.images));
      }
    }
    return combine(predictions, guide_now, perturbed_scale);
  }

  // Predictions: the unconditional one, where it guides, then of each part, then of each part perturbed, where they
  // are.
  Tensor combine(const std::vector<Tensor>& predictions, bool guide_now, double perturbed_scale) const {
    Tensor combined = ctx_.output(predictions.front().shape());
    if (combined.is_meta()) return combined;
    const auto values = static_cast<size_t>(combined.elements() / request_.images);
    const size_t parts = plan_.parts.size(), first = guide_now ? 1 : 0;
    const bool perturbed = predictions.size() > first + parts;
    Guidance guidance = scaled_guidance();
    guidance.perturbed_scale = perturbed_scale;
    for (size_t image = 0; image < static_cast<size_t>(request_.images); ++image) {
      const auto of_image = [&](const Tensor& x) { return x.span<float>().subspan(image * values, values); };
      std::vector<WeightedPrediction> conditional;
      for (size_t i = 0; i < parts; ++i) {
        conditional.push_back({plan_.parts[i].weight, of_image(predictions[first + i]), {}});
        if (perturbed) conditional.back().perturbed = of_image(predictions[first + parts + i]);
      }
      if (guide_now) {
        guide(guidance, of_image(predictions.front()), conditional, of_image(combined));
        if (traits_.keeps_lengths) {
          keep_lengths(of_image(combined), conditional.front().values, model_.latent_channels(), height_, width_);
        }
      } else {
        mix_unguided(conditional, of_image(combined), perturbed_scale);
      }
    }
    return combined;
  }

  // Networks that also predict variances give them as further channels, which only the model's own scheduler reads.
  Tensor without_variance(const Tensor& prediction) const {
    const int64_t channels = model_.latent_channels();
    const bool read = !request_.sampler && model_.scheduler.variance_type.starts_with("learned");
    if (prediction.dim(1) == channels || read) return prediction;
    return contiguous(ctx_, prediction.slice(1, 0, channels));
  }

  Tensor copied(const Tensor& x) const {
    Tensor copy = ctx_.output(x.shape());
    if (!copy.is_meta()) std::ranges::copy(x.span<float>(), copy.data<float>());
    return copy;
  }

  Context& ctx_;
  const ImageModel& model_;
  const Denoiser* denoiser_;  // that acts: the model's, or the refiner's
  const FamilyTraits& traits_;
  const ImageRequest request_;
  const SchedulerConfig scheduler_;
  NoiseSource& noise_;
  const int64_t height_, width_;  // of the latents
  PromptPlan plan_;
  Conditioning conditioning_;      // a row for each text of the plan
  Conditioning refined_;           // the same by the refiner's encoders
  GatheredConditioning gathered_;  // a row for each image of the last question
  std::unique_ptr<Solver> solver_;
  Prediction predicted_ = Prediction::epsilon;  // by the denoiser
  int evaluation_ = 0, evaluations_ = 1;        // of the denoiser in this run
  Cost left_out_;                               // by meta, of evaluations like those that were made
  Controls controls_;
  ImagePrompts image_prompts_;
  std::vector<bool> perturbed_layers_;  // of the denoiser's self-attentions
  std::optional<Inpainting> inpainting_;
  Tensor clean_;                  // of the last step, where somebody listens
  std::deque<StepCache> caches_;  // of each question of a step
  std::vector<int> redone_steps_;
  Tensor extra_channels_;  // [images, 1 + latent channels, h, w]: mask and masked image, of inpainting denoisers
};

}  // namespace

int64_t ImageResult::peak_bytes() const {
  return std::max({enlarging.peak_bytes, text.peak_bytes, denoising.peak_bytes, decoding.peak_bytes});
}

ImageResult make_images(Context& ctx, const ImageModel& model, const ImageRequest& request, NoiseSource& noise,
                        const ImageStepListener& listener) {
  return ImageRun(ctx, model, completed(model, request), noise)(listener);
}

}  // namespace diptych::diffusion
