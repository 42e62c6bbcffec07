// Pictures that other programs can draw, too: the tests of what is compared with theirs.
#pragma once

#include "engine/io/images/image.h"

namespace diptych::diffusion::testing {

// A disc and a box on a slope.
inline Image8 drawn_shapes(int64_t width, int64_t height, int channels) {
  Image8 image{width, height, channels, {}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const bool disc = (x - 12) * (x - 12) + (y - 10) * (y - 10) < 64, box = 18 <= x && x < 28 && 4 <= y && y < 14;
      for (int64_t c = 0; c < channels; ++c) {
        int64_t value = 3 * x + 2 * y;
        if (box) value = 90 + 30 * c;
        if (disc) value = 200 - 40 * c;
        image.pixels.push_back(static_cast<uint8_t>(value + (x * 7 + y * 13 + c * 5) % 11));
      }
    }
  }
  return image;
}

// Numerical Recipes' linear congruential generator.
inline Image8 drawn_noise(int64_t width, int64_t height, int channels) {
  Image8 image{width, height, channels, {}};
  uint32_t state = 1;
  for (int64_t i = 0; i < width * height * channels; ++i) {
    state = state * 1664525u + 1013904223u;
    image.pixels.push_back(static_cast<uint8_t>(state >> 24));
  }
  return image;
}

}  // namespace diptych::diffusion::testing
