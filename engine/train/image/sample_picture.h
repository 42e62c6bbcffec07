// What an image model makes in the middle of its training: the same prompts with the same seed every time.
#pragma once

#include <string>

#include "engine/diffusion/image_run.h"
#include "engine/train/data/recipe.h"
#include "engine/train/image/image_base.h"

namespace diptych::train {

// At the recipe's resolution, with the base's usual guidance and no more steps than a look wants. Of bases of classes
// the prompt is a number.
diffusion::ImageRequest sample_request(const diffusion::ImageModel& model, const Recipe& recipe,
                                       const std::string& prompt);

// One picture of the recipe's seed. The base's encoders are in memory afterwards. Error as make_images.
diffusion::ImageResult sample_picture(Context& ctx, ImageBase& base, const Recipe& recipe, const std::string& prompt);

}  // namespace diptych::train
