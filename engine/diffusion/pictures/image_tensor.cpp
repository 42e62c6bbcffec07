#include "engine/diffusion/pictures/image_tensor.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::diffusion {
namespace {

uint8_t byte_of(float value, PixelRange range) {
  if (std::isnan(value)) return 0;
  if (range == PixelRange::signed_unit) value = value * 0.5f + 0.5f;
  return static_cast<uint8_t>(std::nearbyint(std::clamp(value, 0.0f, 1.0f) * 255));
}

}  // namespace

std::vector<float> image_planes(const Image8& image, PixelRange range) {
  const auto pixels = static_cast<size_t>(image.width * image.height);
  const auto channels = static_cast<size_t>(image.channels);
  std::vector<float> planes(3 * pixels);
  for (size_t c = 0; c < 3; ++c) {
    const uint8_t* from = image.pixels.data() + (channels == 1 ? 0 : c);
    for (size_t i = 0; i < pixels; ++i) {
      const float value = static_cast<float>(from[i * channels]) / 255;
      planes[c * pixels + i] = range == PixelRange::signed_unit ? 2 * value - 1 : value;
    }
  }
  return planes;
}

Image8 image_of_planes(std::span<const float> planes, int channels, int64_t height, int64_t width, PixelRange range) {
  assert(channels == 1 || channels == 3 || channels == 4);
  const auto pixels = static_cast<size_t>(width * height), step = static_cast<size_t>(channels);
  assert(planes.size() == pixels * step);
  Image8 image{width, height, channels, std::vector<uint8_t>(pixels * step)};
  for (size_t c = 0; c < step; ++c)
    for (size_t i = 0; i < pixels; ++i) image.pixels[i * step + c] = byte_of(planes[c * pixels + i], range);
  return image;
}

}  // namespace diptych::diffusion
