// Between pictures of 8 bits and the planes of floats that autoencoders read and write.
#pragma once

#include <span>
#include <vector>

#include "engine/io/images/image.h"

namespace diptych::diffusion {

enum class PixelRange {
  signed_unit,  // -1 to 1
  unit,         // 0 to 1
};

// [3, height, width]. Grey is repeated, alpha left out.
std::vector<float> image_planes(const Image8& image, PixelRange range);

// From [channels, height, width], 1, 3 or 4 channels: limited to the range and rounded to the nearest, halves to even,
// as diffusers does. What is no number becomes 0.
Image8 image_of_planes(std::span<const float> planes, int channels, int64_t height, int64_t width, PixelRange range);

}  // namespace diptych::diffusion
