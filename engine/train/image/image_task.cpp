#include "engine/train/image/image_task.h"

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"
#include "engine/diffusion/noise/noise_streams.h"
#include "engine/ops/join.h"
#include "engine/ops/loss.h"
#include "engine/train/data/captions.h"
#include "engine/train/data/picture_pixels.h"
#include "engine/train/image/image_question.h"
#include "engine/train/image/image_result.h"

namespace diptych::train {
namespace {

constexpr int64_t validation_draws = 4;  // of each picture

[[noreturn]] void refuse_image(const std::string& what, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::unsupported, "cannot train", what, why, to_do);
}

// What is not there yet is said before anything is computed.
void check_image_recipe(const Recipe& recipe, const diffusion::ImageModel& model) {
  if (recipe.loss.objective != Objective::automatic && recipe.loss.objective != Objective::diffusion)
    refuse_image("an image model", "this loss is for language models", "leave loss.objective out");
  if (model.denoiser->info().in_channels != model.latent_channels())
    refuse_image(model.pipeline, "its denoiser was made for inpainting", "choose the base that it was made from");
}

// A word that no caption names would learn nothing.
void check_token_is_named(const Recipe& recipe, const std::vector<TrainingPicture>& pictures) {
  if (recipe.method != Method::textual_inversion) return;
  const bool named = std::ranges::any_of(pictures, [&](const TrainingPicture& picture) {
    return names_token(plain_caption(picture.item.caption, recipe.image), recipe.token);
  });
  if (named) return;
  throw Error(
      ErrorCategory::invalid_argument, "cannot learn word", recipe.token, "no caption names it",
      "write it into the captions, or in front of all with image.caption_prefix: \"a photo of " + recipe.token + ",\"");
}

std::vector<PictureDraws> draws_of(uint64_t seed, const std::string& batch, size_t rows) {
  std::vector<PictureDraws> draws;
  for (size_t row = 0; row < rows; ++row) draws.push_back({seed, batch + "." + std::to_string(row)});
  return draws;
}

}  // namespace

ImageTask::ImageTask(Context& ctx, const Recipe& recipe, ImageBase& base, PictureData data,
                     const std::function<void(double)>& encoding)
    : recipe_(recipe),
      base_(base),
      data_(std::move(data)),
      encodings_(recipe, base, resolved(recipe, recipe.output) / "cache"),
      levels_(recipe, base.model().scheduler, base.model().denoiser->info()) {
  check_image_recipe(recipe_, base_.model());
  check_token_is_named(recipe_, data_.training.pictures);
  std::vector<TrainingPicture> all = data_.training.pictures;
  all.insert(all.end(), data_.validation.pictures.begin(), data_.validation.pictures.end());
  encodings_.fill(ctx, all, encoding);
  trained_ = make_image_components(ctx, recipe_, base_);
  check_writable(trained_.components, base_);
  batches_ = std::make_unique<PictureBatches>(data_.training.pictures, recipe_);
}

Tensor ImageTask::masks_of(Context& ctx, std::span<const TrainingPicture> pictures,
                           std::span<const DrawnPicture> shown) const {
  const auto masked = [&](const DrawnPicture& one) {
    return !pictures[static_cast<size_t>(one.picture)].item.mask.empty();
  };
  if (!recipe_.loss.masked || std::ranges::none_of(shown, masked)) return {};
  const int64_t scale = base_.autoencoder().scale;
  const PictureSize size = shown.front().placement.bucket;
  Tensor masks = ctx.output({std::ssize(shown), 1, size.height / scale, size.width / scale});
  if (ctx.is_meta()) return masks;
  float* row = masks.data<float>();
  for (const DrawnPicture& one : shown) {
    const auto& item = pictures[static_cast<size_t>(one.picture)].item;
    if (item.mask.empty()) {
      row = std::fill_n(row, masks.elements() / masks.dim(0), 1.0f);
    } else {
      row =
          std::ranges::copy(latent_mask(placed_mask(read_image(item.mask).image, one.placement), size, scale), row).out;
    }
  }
  return masks;
}

ImageTask::Question ImageTask::question_of(Context& ctx, std::span<const TrainingPicture> pictures,
                                           std::span<const DrawnPicture> shown, std::span<const PictureDraws> draws) {
  std::vector<Tensor> latents;
  std::vector<diffusion::Conditioning> texts;
  std::vector<std::string> captions;
  std::vector<Placement> placements;
  Question question;
  for (size_t row = 0; row < shown.size(); ++row) {
    const TrainingPicture& picture = pictures[static_cast<size_t>(shown[row].picture)];
    diffusion::PhiloxNoise noise(draws[row].seed, "training latents " + draws[row].place);
    latents.push_back(encodings_.latents(ctx, picture, shown[row].placement, noise));
    captions.push_back(shown[row].caption);
    if (!trains_texts(recipe_)) texts.push_back(encodings_.text(ctx, shown[row].caption));
    placements.push_back(shown[row].placement);
  }
  const NoisyQuestion noisy = levels_.ask(ctx, stacked(ctx, latents), draws);
  question.target = noisy.sample.target;
  question.input = denoiser_input(
      ctx, base_.model(), trains_texts(recipe_) ? encodings_.texts_in_training(ctx, captions) : stacked(ctx, texts),
      placements);
  question.input.sample = noisy.sample.noisy;
  question.input.timesteps = noisy.timesteps;
  for (size_t row = 0; row < shown.size(); ++row)
    question.factors.push_back(noisy.sample.factors[row] * static_cast<float>(shown[row].weight));
  question.mask = masks_of(ctx, pictures, shown);
  return question;
}

Tensor ImageTask::loss_of(Context& ctx, const Question& question, float factor) const {
  Tensor said = base_.model().denoiser->forward(ctx, question.input);
  // Those that also predict variances give them as further channels, which are left as they are.
  const int64_t channels = question.target.dim(1), rows = question.target.dim(0);
  if (said.dim(1) != channels) said = contiguous(ctx, said.slice(1, 0, channels));
  std::vector<float> factors = question.factors;
  for (float& one : factors) one *= factor / static_cast<float>(rows);
  if (!question.mask) return mean_squared_error(ctx, said, question.target, factors);
  // Each value weighs what the mask says of its place: rows of one value.
  const int64_t values = said.elements() / rows, places = question.mask.elements() / rows;
  std::vector<float> each(static_cast<size_t>(said.elements()));
  for (int64_t i = 0; i < said.elements() && !ctx.is_meta(); ++i) {
    const int64_t row = i / values;
    each[static_cast<size_t>(i)] = factors[static_cast<size_t>(row)] / static_cast<float>(values) *
                                   question.mask.data<float>()[row * places + i % places];
  }
  return mean_squared_error(ctx, said.reshape({said.elements(), 1}), question.target.reshape({said.elements(), 1}),
                            each);
}

Tensor ImageTask::next_loss(Context& ctx, float factor) {
  const DataPosition at = batches_->position();
  const PictureBatch batch = batches_->next();
  const std::string place = std::to_string(at.epoch) + "." + std::to_string(at.batch);
  seen_.images += std::ssize(batch.pictures);
  current_ =
      question_of(ctx, data_.training.pictures, batch.pictures, draws_of(recipe_.seed, place, batch.pictures.size()));
  return loss_of(ctx, current_, factor);
}

std::optional<double> ImageTask::validation_loss(Context& ctx) {
  const std::vector<TrainingPicture>& pictures = data_.validation.pictures;
  if (pictures.empty()) return std::nullopt;
  double sum = 0;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const DrawnPicture shown{.picture = static_cast<int64_t>(i),
                             .caption = plain_caption(pictures[i].item.caption, recipe_.image),
                             .placement = place(pictures[i].size, pictures[i].bucket, false)};
    for (int64_t draw = 0; draw < validation_draws; ++draw) {
      const PictureDraws draws{recipe_.seed, "validation " + pictures[i].sha256 + "." + std::to_string(draw)};
      const Tensor loss = loss_of(ctx, question_of(ctx, pictures, {&shown, 1}, {&draws, 1}), 1);
      if (!ctx.is_meta()) sum += static_cast<double>(*loss.data<float>());
    }
  }
  return sum / static_cast<double>(std::ssize(pictures) * validation_draws);
}

void ImageTask::write_result(Context& ctx, const std::filesystem::path& folder) {
  if (trained_.token != nullptr) return write_token(*trained_.token, folder);
  if (is_adapter()) return write_image_adapter(ctx, trained_.components, base_, recipe_.base, folder);
  for (const TrainedComponent& one : trained_.components) write_component(ctx, one, base_, folder);
}

bool ImageTask::is_adapter() const {
  return trained_.token == nullptr && trained_.components.front().adapter != nullptr;
}

void ImageTask::complete_result(const std::filesystem::path& folder) {
  if (trained_.token != nullptr || is_adapter()) return;
  complete_pipeline(base_, trained_.components, recipe_.loss, levels_.prediction(), folder);
}

int64_t ImageTask::result_bytes() const {
  int64_t bytes = 0;
  for (const Parameter& parameter : trained_.part->parameters()) bytes += parameter.value.bytes();
  const bool two_forms = trained_.token != nullptr || is_adapter();
  return (two_forms ? 2 * bytes : bytes) + (int64_t{1} << 20);  // names and configuration
}

}  // namespace diptych::train
