#include "engine/train/image/image_encodings.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/core/error.h"
#include "engine/diffusion/latents.h"
#include "engine/ops/backward/record.h"
#include "engine/train/data/captions.h"
#include "engine/train/data/picture_pixels.h"
#include "engine/train/image/image_components.h"

namespace diptych::train {
namespace {

constexpr int64_t usual_tile_pixels = 512 * 512;  // larger pictures are encoded in bands

Tensor pixels_of(Context& ctx, const TrainingPicture& picture, const Placement& placement) {
  Tensor pixels = ctx.output({1, 3, placement.bucket.height, placement.bucket.width});
  if (!ctx.is_meta()) {
    std::ranges::copy(placed_pixels(read_image(picture.item.file).image, placement), pixels.data<float>());
  }
  return pixels;
}

Tensor length_tensor(Context& ctx, int64_t length) {
  Tensor tensor = ctx.output({1}, DType::i64);
  if (!ctx.is_meta()) *tensor.data<int64_t>() = length;
  return tensor;
}

// A base of classes is told a number; nothing: the unconditional one.
std::optional<int32_t> class_of(const std::string& caption) {
  if (caption.empty()) return std::nullopt;
  int32_t label = 0;
  const auto end = caption.data() + caption.size();
  const auto read = std::from_chars(caption.data(), end, label);
  if (read.ec == std::errc() && read.ptr == end) return label;
  throw Error(ErrorCategory::invalid_argument, "cannot train on caption", caption,
              "the base makes pictures of numbered classes", "write the class's number as the picture's caption");
}

// As if read from the cache.
TensorMap like(Context& ctx, const TensorMap& tensors) {
  TensorMap copies;
  for (const auto& [name, tensor] : tensors) copies[name] = ctx.output(tensor.shape(), tensor.dtype());
  return copies;
}

// All ways in which a picture is shown, where they are few enough to be kept.
std::vector<Placement> placements_of(const TrainingPicture& picture, const ImageOptions& options) {
  std::vector<Placement> placements{place(picture.size, picture.bucket, false)};
  if (options.flip) placements.push_back(place(picture.size, picture.bucket, true));
  return placements;
}

}  // namespace

ImageEncodings::ImageEncodings(const Recipe& recipe, ImageBase& base, std::filesystem::path folder)
    : options_(recipe.image),
      base_(base),
      keeps_latents_(recipe.image.cache_latents.value_or(true)),
      keeps_text_(recipe.image.cache_text.value_or(true)),
      trains_text_(trains_texts(recipe)),
      cache_(std::move(folder)) {}

TensorMap ImageEncodings::encoded_picture(Context& ctx, const TrainingPicture& picture, const Placement& placement) {
  const PausedTape paused(ctx);
  const diffusion::ImageModel& model = trains_text_ ? base_.with_autoencoder(ctx) : base_.with_encoders(ctx);
  const int64_t scale = model.autoencoder->info().scale;
  if (placement.bucket.width % scale != 0 || placement.bucket.height % scale != 0) {
    throw Error(ErrorCategory::invalid_argument, "cannot train on", picture.item.file.string(),
                "its bucket has sides that are no multiples of " + std::to_string(scale),
                "set image.bucket_step and image.resolution to multiples of " + std::to_string(scale));
  }
  const Tensor pixels = pixels_of(ctx, picture, placement);
  const bool tiled = placement.bucket.width * placement.bucket.height > usual_tile_pixels;
  const LatentDistribution said =
      tiled ? model.autoencoder->encode_tiled(ctx, pixels, usual_tile_bytes) : model.autoencoder->encode(ctx, pixels);
  TensorMap tensors{{"mean", said.mean}};
  if (said.log_variance) tensors["log_variance"] = said.log_variance;
  return tensors;
}

TensorMap ImageEncodings::picture_tensors(Context& ctx, const TrainingPicture& picture, const Placement& placement) {
  const auto encode = [&] { return encoded_picture(ctx, picture, placement); };
  if (!keeps_latents_) return encode();
  if (ctx.is_meta()) {
    const auto known = meta_pictures_.find(placement.bucket);
    return known == meta_pictures_.end() ? encode() : like(ctx, known->second);
  }
  if (autoencoder_hash_.empty()) autoencoder_hash_ = base_.autoencoder_hash();
  return cache_.get(ctx, latent_key(picture, placement, autoencoder_hash_, DType::f32), encode);
}

Tensor ImageEncodings::latents(Context& ctx, const TrainingPicture& picture, const Placement& placement,
                               diffusion::NoiseSource& noise) {
  const TensorMap tensors = picture_tensors(ctx, picture, placement);
  const auto variance = tensors.find("log_variance");
  const bool drawn = variance != tensors.end() && !options_.latent_means;
  return diffusion::drawn_latents(ctx, base_.autoencoder(),
                                  {.mean = tensors.at("mean"), .log_variance = drawn ? variance->second : Tensor()},
                                  noise);
}

diffusion::Conditioning ImageEncodings::said_of(Context& ctx, const diffusion::ImageModel& model,
                                                const std::vector<std::string>& captions) const {
  diffusion::PromptPlan plan;
  for (const std::string& caption : captions)
    plan.texts.push_back({.plain = caption, .pieces = {}, .absent = caption.empty()});
  return diffusion::encode_prompts(ctx, model, plan, {.width = 1, .height = 1, .clip_skip = options_.clip_skip});
}

TensorMap ImageEncodings::encoded_caption(Context& ctx, const std::string& caption) {
  const PausedTape paused(ctx);
  const diffusion::Conditioning said = said_of(ctx, base_.with_encoders(ctx), {caption});
  TensorMap tensors{{"text", said.text}};
  if (said.pooled) tensors["pooled"] = said.pooled;
  if (!said.text_lengths.empty()) tensors["length"] = length_tensor(ctx, said.text_lengths.front());
  return tensors;
}

// The tokens stand for the tokenizer, whose files are not part of the encoder's.
std::string ImageEncodings::caption_settings(const std::string& caption) const {
  const diffusion::ImageModel& model = base_.model();
  std::string settings = model.pipeline + " skips " + std::to_string(options_.clip_skip);
  for (const diffusion::TextPart& part : model.texts) {
    settings += ";";
    if (!part.encoder) continue;
    for (const int32_t id : part.window.tokenizer->encode(caption)) settings += " " + std::to_string(id);
  }
  return settings;
}

TensorMap ImageEncodings::caption_tensors(Context& ctx, const std::string& caption) {
  const auto encode = [&] { return encoded_caption(ctx, caption); };
  if (!keeps_text_) return encode();
  if (ctx.is_meta()) return meta_caption_.empty() ? encode() : like(ctx, meta_caption_);
  if (text_hash_.empty()) text_hash_ = base_.text_encoders_hash();
  return cache_.get(ctx, text_key(caption, text_hash_, caption_settings(caption), DType::f32), encode);
}

diffusion::Conditioning ImageEncodings::text(Context& ctx, const std::string& caption) {
  if (!has_texts()) return diffusion::encode_classes(base_.model(), {class_of(caption)});
  const TensorMap tensors = caption_tensors(ctx, caption);
  diffusion::Conditioning conditioning{.text = tensors.at("text")};
  if (const auto pooled = tensors.find("pooled"); pooled != tensors.end()) conditioning.pooled = pooled->second;
  if (const auto length = tensors.find("length"); length != tensors.end()) {
    const int64_t tokens = conditioning.text.dim(1);
    conditioning.text_lengths = {ctx.is_meta() ? tokens
                                               : std::clamp<int64_t>(*length->second.data<int64_t>(), 1, tokens)};
  }
  return conditioning;
}

diffusion::Conditioning ImageEncodings::texts_in_training(Context& ctx, const std::vector<std::string>& captions) {
  diffusion::Conditioning said = said_of(ctx, base_.model(), captions);
  said.time_ids = {};
  return said;
}

void ImageEncodings::fill_meta(Context& ctx, std::span<const TrainingPicture> pictures) {
  std::string longest;
  for (const TrainingPicture& picture : pictures) {
    if (keeps_latents_ && !meta_pictures_.contains(picture.bucket)) {
      meta_pictures_[picture.bucket] = encoded_picture(ctx, picture, place(picture.size, picture.bucket, false));
    }
    if (picture.item.caption.size() > longest.size()) longest = picture.item.caption;
  }
  if (keeps_text_ && has_texts()) meta_caption_ = encoded_caption(ctx, longest);
}

void ImageEncodings::fill(Context& ctx, std::span<const TrainingPicture> pictures,
                          const std::function<void(double)>& progress) {
  if (ctx.is_meta()) fill_meta(ctx, pictures);
  std::set<std::string> captions;
  for (size_t i = 0; i < pictures.size() && !ctx.is_meta(); ++i) {
    ctx.cancel.throw_if_cancelled();
    if (keeps_latents_) {
      for (const Placement& one : placements_of(pictures[i], options_)) picture_tensors(ctx, pictures[i], one);
    }
    for (const std::string& caption : shown_captions(pictures[i].item.caption, options_)) {
      if (!captions.insert(caption).second) continue;
      if (!has_texts()) class_of(caption);
      if (keeps_text_ && has_texts()) caption_tensors(ctx, caption);
    }
    if (progress) progress(static_cast<double>(i + 1) / static_cast<double>(pictures.size()));
  }
  // What could not be written down is encoded again and again.
  if (keeps_latents_ && (keeps_text_ || trains_text_) && problem().empty()) base_.release_encoders(ctx);
}

}  // namespace diptych::train
