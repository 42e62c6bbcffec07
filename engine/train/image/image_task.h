// Fine-tuning of an image model on pictures and their captions: its denoiser, its text encoders, a new word.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/train/data/picture_batches.h"
#include "engine/train/data/picture_dataset.h"
#include "engine/train/image/image_base.h"
#include "engine/train/image/image_components.h"
#include "engine/train/image/image_encodings.h"
#include "engine/train/image/noise_levels.h"
#include "engine/train/task.h"

namespace diptych::train {

class ImageTask final : public Task {
 public:
  // Encodes the data as far as the recipe keeps encodings (under <output>/cache) while only the encoders are in memory,
  // and then loads the denoiser, and text encoders that are trained. `base` must outlive this; `data` comes from
  // load_picture_data(). `encoding` hears the share of that which is done. Error: unsupported for a method or a base
  // that is not trained; invalid_argument for what does not go together; as the parts.
  ImageTask(Context& ctx, const Recipe& recipe, ImageBase& base, PictureData data,
            const std::function<void(double)>& encoding = {});

  TrainedPart& part() override { return *trained_.part; }
  Tensor next_loss(Context& ctx, float factor) override;
  Seen seen() const override { return seen_; }
  DataPosition position() const override { return batches_->position(); }
  void seek(DataPosition position) override { batches_->seek(position); }
  int64_t micro_batches_of(double epochs) const override { return batches_->batches_of(epochs); }
  // The mean over pictures and, for each, some noises and noise levels that are always the same.
  std::optional<double> validation_loss(Context& ctx) override;
  int64_t sampling_peak_bytes() const override { return base_.sampling_peak_bytes; }
  // See image_result.h.
  void write_result(Context& ctx, const std::filesystem::path& folder) override;
  void complete_result(const std::filesystem::path& folder) override;
  int64_t result_bytes() const override;

  const PictureData& data() const { return data_; }
  const EncodingCache::Counts& encodings() const { return encodings_.counts(); }
  const std::string& cache_problem() const { return encodings_.problem(); }

 private:
  bool is_adapter() const;

  // A batch as the denoiser is asked. Kept until its way back is done: blocks that are computed again read it.
  struct Question {
    DenoiserInput input;
    Tensor target;               // like the latents
    std::vector<float> factors;  // of each picture's loss
    Tensor mask;                 // [rows, 1, height, width] of the latents, or empty: everything counts
  };

  Question question_of(Context& ctx, std::span<const TrainingPicture> pictures, std::span<const DrawnPicture> shown,
                       std::span<const PictureDraws> draws);
  Tensor loss_of(Context& ctx, const Question& question, float factor) const;
  Tensor masks_of(Context& ctx, std::span<const TrainingPicture> pictures, std::span<const DrawnPicture> shown) const;

  Recipe recipe_;
  ImageBase& base_;
  PictureData data_;
  ImageEncodings encodings_;
  NoiseLevels levels_;
  ImageComponents trained_;
  std::unique_ptr<PictureBatches> batches_;
  Question current_;
  Seen seen_;
};

}  // namespace diptych::train
