// What the base's frozen encoders make of pictures and captions, from the cache where they were there before.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/diffusion/condition/conditioning.h"
#include "engine/diffusion/noise/noise_source.h"
#include "engine/train/data/encoding_cache.h"
#include "engine/train/data/picture_dataset.h"
#include "engine/train/image/image_base.h"

namespace diptych::train {

class ImageEncodings {
 public:
  // `base` must outlive this. Kept under `folder`, as far as the recipe wants that.
  ImageEncodings(const Recipe& recipe, ImageBase& base, std::filesystem::path folder);

  // Latents as denoisers see them, [1, channels, h, w]: drawn from what the encoder says, where it gives a
  // distribution. Error: as read_image, where the file has changed since it was looked at.
  Tensor latents(Context& ctx, const TrainingPicture& picture, const Placement& placement,
                 diffusion::NoiseSource& noise);

  // One row for a caption; its time ids are left empty. Error (invalid_argument): a base of classes wants their
  // numbers for captions.
  diffusion::Conditioning text(Context& ctx, const std::string& caption);

  // A row for each, said by encoders that change, and therefore now: gradients go through. Error as text().
  diffusion::Conditioning texts_in_training(Context& ctx, const std::vector<std::string>& captions);

  // Encodes whatever the pictures will be shown as, and lets the encoders' memory go: `progress` hears the share that
  // is done. On meta one picture of each bucket, and the longest caption, stand for all.
  void fill(Context& ctx, std::span<const TrainingPicture> pictures, const std::function<void(double)>& progress);

  bool keeps_all() const { return keeps_latents_ && keeps_text_; }
  // Why files are not written; empty: they are.
  const std::string& problem() const { return cache_.problem(); }
  const EncodingCache::Counts& counts() const { return cache_.counts(); }

 private:
  void fill_meta(Context& ctx, std::span<const TrainingPicture> pictures);
  TensorMap encoded_picture(Context& ctx, const TrainingPicture& picture, const Placement& placement);
  diffusion::Conditioning said_of(Context& ctx, const diffusion::ImageModel& model,
                                  const std::vector<std::string>& captions) const;
  TensorMap encoded_caption(Context& ctx, const std::string& caption);
  TensorMap picture_tensors(Context& ctx, const TrainingPicture& picture, const Placement& placement);
  TensorMap caption_tensors(Context& ctx, const std::string& caption);
  std::string caption_settings(const std::string& caption) const;
  bool has_texts() const { return !base_.model().texts.empty(); }

  ImageOptions options_;
  ImageBase& base_;
  bool keeps_latents_, keeps_text_, trains_text_;
  EncodingCache cache_;
  std::string text_hash_, autoencoder_hash_;        // empty: not asked for yet
  std::map<PictureSize, TensorMap> meta_pictures_;  // of each bucket
  TensorMap meta_caption_;
};

}  // namespace diptych::train
