// Pictures drawn for tests.
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/core/random.h"
#include "engine/io/images/image.h"

namespace diptych::train {

// Smooth blobs that differ with `seed`, with fine grain where `sharp`.
inline Image8 drawn_picture(int64_t width, int64_t height, uint64_t seed, bool sharp = true) {
  Image8 image{width, height, 3, {}};
  const RandomStream stream(seed, "drawn picture");
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      // An 8 x 8 grid of brightnesses, blended between their centres.
      const double across = static_cast<double>(x) * 7.0 / static_cast<double>(width);
      const double down = static_cast<double>(y) * 7.0 / static_cast<double>(height);
      const auto column = static_cast<uint64_t>(across), row = static_cast<uint64_t>(down);
      const double right = across - static_cast<double>(column), below = down - static_cast<double>(row);
      const auto corner = [&](uint64_t c, uint64_t r) { return stream.uniform(r * 8 + c); };
      double value = (corner(column, row) * (1 - right) + corner(column + 1, row) * right) * (1 - below) +
                     (corner(column, row + 1) * (1 - right) + corner(column + 1, row + 1) * right) * below;
      if (sharp) value = 0.8 * value + 0.2 * static_cast<double>((x ^ y) & 1);
      for (int c = 0; c < 3; ++c) image.pixels.push_back(static_cast<uint8_t>(255 * value));
    }
  }
  return image;
}

inline void draw_to(const std::filesystem::path& path, int64_t width, int64_t height, uint64_t seed,
                    bool sharp = true) {
  write_image(path, drawn_picture(width, height, seed, sharp));
}

}  // namespace diptych::train
