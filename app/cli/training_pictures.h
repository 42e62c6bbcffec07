// What an image model makes in the middle of its training: the same prompts with the same seed every time.
#pragma once

#include <filesystem>

#include "engine/train/data/recipe.h"
#include "engine/train/image/image_base.h"

namespace diptych::cli {

class TrainingPictures {
 public:
  // `base`'s denoiser is what is trained.
  TrainingPictures(Context& ctx, train::ImageBase& base, const train::Recipe& recipe)
      : ctx_(ctx), base_(base), recipe_(recipe) {}

  // <output>/samples/step-000050-1.png for the first prompt, …; step 0 is the base. Error: as make_images, write_image.
  void write(int64_t step);

 private:
  Context& ctx_;
  train::ImageBase& base_;
  const train::Recipe& recipe_;
};

}  // namespace diptych::cli
