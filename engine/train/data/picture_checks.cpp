#include "engine/train/data/picture_checks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <unordered_map>

#include "engine/io/images/image_resize.h"

namespace diptych::train {

Image8 grey(const Image8& image) {
  Image8 result{image.width, image.height, 1, {}};
  const size_t count = static_cast<size_t>(image.width * image.height);
  result.pixels.resize(count);
  const int channels = image.channels;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* pixel = image.pixels.data() + i * static_cast<size_t>(channels);
    double luma = channels == 1 ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    if (channels == 4) luma = 255 + (luma - 255) * pixel[3] / 255.0;
    result.pixels[i] = static_cast<uint8_t>(std::lround(luma));
  }
  return result;
}

uint64_t difference_hash(const Image8& image) {
  const Image8 small = resized(grey(image), 9, 8);
  uint64_t hash = 0;
  for (size_t y = 0; y < 8; ++y)
    for (size_t x = 0; x < 8; ++x) hash = hash << 1 | (small.pixels[y * 9 + x] > small.pixels[y * 9 + x + 1] ? 1 : 0);
  return hash;
}

std::vector<std::pair<int64_t, int64_t>> near_duplicates(std::span<const uint64_t> hashes) {
  // Of two hashes that differ in at most 3 bits one of the four quarters is the same.
  constexpr int most_bits = 3;
  std::set<std::pair<int64_t, int64_t>> pairs;
  for (int quarter = 0; quarter < 4; ++quarter) {
    std::unordered_map<uint16_t, std::vector<size_t>> alike;
    for (size_t i = 0; i < hashes.size(); ++i) {
      auto& others = alike[static_cast<uint16_t>(hashes[i] >> (16 * quarter))];
      for (const size_t other : others)
        if (std::popcount(hashes[i] ^ hashes[other]) <= most_bits)
          pairs.emplace(static_cast<int64_t>(other), static_cast<int64_t>(i));
      others.push_back(i);
    }
  }
  return {pairs.begin(), pairs.end()};
}

double sharpness(const Image8& image) {
  constexpr double longer_side = 512;
  const double scale = std::min(1.0, longer_side / static_cast<double>(std::max(image.width, image.height)));
  const auto side = [&](int64_t length) {
    return std::max<int64_t>(3, std::llround(static_cast<double>(length) * scale));
  };
  const Image8 even = resized(grey(image), side(image.width), side(image.height));
  const auto at = [&](int64_t x, int64_t y) {
    return static_cast<double>(even.pixels[static_cast<size_t>(y * even.width + x)]);
  };
  double sum = 0, squares = 0;
  for (int64_t y = 1; y + 1 < even.height; ++y) {
    for (int64_t x = 1; x + 1 < even.width; ++x) {
      const double value = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y);
      sum += value;
      squares += value * value;
    }
  }
  const auto count = static_cast<double>((even.width - 2) * (even.height - 2));
  return squares / count - (sum / count) * (sum / count);
}

}  // namespace diptych::train
