#include "engine/io/images/image_resize.h"

#include <algorithm>
#include <cassert>
#include <new>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_resize.h>
#pragma GCC diagnostic pop

namespace diptych {

Image8 resized(const Image8& image, int64_t width, int64_t height) {
  assert(width > 0 && height > 0 && width * height <= most_image_pixels);
  if (image.width == width && image.height == height) return image;
  Image8 result{.width = width, .height = height, .channels = image.channels, .pixels = {}};
  result.pixels.resize(static_cast<size_t>(width * height * image.channels));
  const int done =
      stbir_resize_uint8_generic(image.pixels.data(), static_cast<int>(image.width), static_cast<int>(image.height), 0,
                                 result.pixels.data(), static_cast<int>(width), static_cast<int>(height), 0,
                                 image.channels, image.channels == 4 ? 3 : STBIR_ALPHA_CHANNEL_NONE, 0,
                                 STBIR_EDGE_CLAMP, STBIR_FILTER_DEFAULT, STBIR_COLORSPACE_LINEAR, nullptr);
  if (done == 0) throw std::bad_alloc();  // its only failure
  return result;
}

}  // namespace diptych
