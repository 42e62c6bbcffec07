// A picture as CLIP's image encoders read it: its shorter side resized by a cubic filter, the middle cut out, colours
// normalised (transformers' CLIPImageProcessor, which resizes as Pillow does).
#pragma once

#include <vector>

#include "engine/io/images/image.h"

namespace diptych::diffusion {

// [3, side, side]. Grey is repeated, alpha left out.
std::vector<float> clip_pixels(const Image8& image, int64_t side);

}  // namespace diptych::diffusion
