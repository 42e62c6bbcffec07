#include "engine/train/data/picture_pixels.h"

#include <cassert>

#include "engine/io/images/image_resize.h"
#include "engine/train/data/picture_checks.h"

namespace diptych::train {
namespace {

Image8 on_white(const Image8& image) {
  if (image.channels == 3) return image;
  Image8 result{image.width, image.height, 3, {}};
  const size_t count = static_cast<size_t>(image.width * image.height);
  result.pixels.resize(count * 3);
  for (size_t i = 0; i < count; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      if (image.channels == 1) {
        result.pixels[i * 3 + c] = image.pixels[i];
        continue;
      }
      const int alpha = image.pixels[i * 4 + 3], value = image.pixels[i * 4 + c];
      result.pixels[i * 3 + c] = static_cast<uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return result;
}

// Calls take(x, y, pixel) for each pixel of the cut.
template <class Take>
void cut(const Image8& image, const Placement& placement, Take&& take) {
  const PictureSize size{image.width, image.height};
  const Image8 scaled =
      size == placement.scaled ? image : resized(image, placement.scaled.width, placement.scaled.height);
  for (int64_t y = 0; y < placement.bucket.height; ++y) {
    for (int64_t x = 0; x < placement.bucket.width; ++x) {
      const int64_t from = placement.crop_left + x;
      const int64_t column = placement.flipped ? scaled.width - 1 - from : from;
      const int64_t pixel = (placement.crop_top + y) * scaled.width + column;
      take(x, y, scaled.pixels.data() + pixel * scaled.channels);
    }
  }
}

}  // namespace

std::vector<float> placed_pixels(const Image8& image, const Placement& placement) {
  const int64_t width = placement.bucket.width, plane = width * placement.bucket.height;
  std::vector<float> pixels(static_cast<size_t>(3 * plane));
  cut(on_white(image), placement, [&](int64_t x, int64_t y, const uint8_t* pixel) {
    for (int64_t c = 0; c < 3; ++c)
      pixels[static_cast<size_t>(c * plane + y * width + x)] = static_cast<float>(pixel[c]) / 127.5f - 1.0f;
  });
  return pixels;
}

std::vector<float> placed_mask(const Image8& mask, const Placement& placement) {
  const int64_t width = placement.bucket.width;
  std::vector<float> values(static_cast<size_t>(width * placement.bucket.height));
  cut(grey(mask), placement, [&](int64_t x, int64_t y, const uint8_t* pixel) {
    values[static_cast<size_t>(y * width + x)] = static_cast<float>(pixel[0]) / 255.0f;
  });
  return values;
}

std::vector<float> latent_mask(const std::vector<float>& mask, PictureSize size, int64_t factor) {
  assert(static_cast<int64_t>(mask.size()) == size.width * size.height && factor > 0);
  const int64_t width = size.width / factor, height = size.height / factor;
  std::vector<float> means(static_cast<size_t>(width * height));
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      double sum = 0;
      for (int64_t row = y * factor; row < (y + 1) * factor; ++row)
        for (int64_t column = x * factor; column < (x + 1) * factor; ++column)
          sum += static_cast<double>(mask[static_cast<size_t>(row * size.width + column)]);
      means[static_cast<size_t>(y * width + x)] = static_cast<float>(sum / static_cast<double>(factor * factor));
    }
  }
  return means;
}

}  // namespace diptych::train
