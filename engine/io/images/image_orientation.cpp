#include "engine/io/images/image_orientation.h"

#include <cassert>
#include <cstring>
#include <utility>

namespace diptych {

void turn_upright(Image8& image, int orientation) {
  assert(orientation >= 1 && orientation <= 8);
  if (orientation == 1) return;
  const bool swaps = orientation >= 5;  // 5 to 8 have rows for columns
  const bool mirrors_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirrors_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image8 upright{swaps ? image.height : image.width, swaps ? image.width : image.height, image.channels, {}};
  upright.pixels.resize(image.pixels.size());
  const auto channels = static_cast<size_t>(image.channels);
  for (int64_t y = 0; y < upright.height; ++y) {
    for (int64_t x = 0; x < upright.width; ++x) {
      int64_t from_x = swaps ? y : x, from_y = swaps ? x : y;
      if (mirrors_x) from_x = image.width - 1 - from_x;
      if (mirrors_y) from_y = image.height - 1 - from_y;
      std::memcpy(upright.pixels.data() + static_cast<size_t>(y * upright.width + x) * channels,
                  image.pixels.data() + static_cast<size_t>(from_y * image.width + from_x) * channels, channels);
    }
  }
  image = std::move(upright);
}

}  // namespace diptych
