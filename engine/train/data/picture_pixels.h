// Pixels of a placed picture as autoencoders take them, and masks as losses do.
#pragma once

#include <vector>

#include "engine/io/images/image.h"
#include "engine/train/data/buckets.h"

namespace diptych::train {

// [3, height, width] of the bucket, -1 to 1; what is transparent stands on white.
std::vector<float> placed_pixels(const Image8& image, const Placement& placement);

// [height, width] of the bucket, 0 to 1: white counts. A mask of another size than its picture is scaled to it.
std::vector<float> placed_mask(const Image8& mask, const Placement& placement);

// [height / factor, width / factor]: the mean of each square, for latents that are `factor` times smaller.
std::vector<float> latent_mask(const std::vector<float>& mask, PictureSize size, int64_t factor);

}  // namespace diptych::train
