#include "engine/diffusion/pictures/clip_pixels.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <span>

namespace diptych::diffusion {
namespace {

constexpr int weight_bits = 22;  // of weights in fixed point: pixels stay of 8 bits between both directions, too

// Keys' cubic (1981) with a = -0.5.
double cubic(double x) {
  x = std::abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

// The pixels from `first` on that make one pixel of the result.
struct Taps {
  int64_t first = 0;
  std::vector<int32_t> weights;
};

// A side of `from` pixels resized to `to`, of which only those in the middle are wanted.
struct Resizing {
  int64_t from = 0, to = 0, wanted = 0;
  int64_t first() const { return (to - wanted) / 2; }
};

// Where the picture shrinks the filter is as much wider.
std::vector<Taps> taps_of(const Resizing& side) {
  const double scale = static_cast<double>(side.from) / static_cast<double>(side.to), width = std::max(scale, 1.0);
  std::vector<Taps> all;
  for (int64_t i = side.first(); i < side.first() + side.wanted; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = std::max<int64_t>(0, static_cast<int64_t>(center - 2 * width + 0.5));
    const auto end = std::min<int64_t>(side.from, static_cast<int64_t>(center + 2 * width + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t j = begin; j < end; ++j) {
      weights.push_back(cubic((static_cast<double>(j) - center + 0.5) / width));
      sum += weights.back();
    }
    Taps taps{.first = begin, .weights = {}};
    for (const double weight : weights) {
      taps.weights.push_back(static_cast<int32_t>(std::lround(weight / sum * (1 << weight_bits))));
    }
    all.push_back(std::move(taps));
  }
  return all;
}

// Lines [lines, from, step values] -> [lines, a pixel for each of the taps, step values]
std::vector<uint8_t> resized_along(std::span<const uint8_t> source, int64_t lines, int64_t from,
                                   const std::vector<Taps>& taps, int64_t step) {
  std::vector<uint8_t> result;
  result.reserve(static_cast<size_t>(lines * step) * taps.size());
  for (int64_t line = 0; line < lines; ++line) {
    for (const Taps& here : taps) {
      for (int64_t s = 0; s < step; ++s) {
        int64_t sum = int64_t{1} << (weight_bits - 1);
        const uint8_t* pixel = source.data() + (line * from + here.first) * step + s;
        for (const int32_t weight : here.weights) {
          sum += int64_t{weight} * *pixel;
          pixel += step;
        }
        result.push_back(static_cast<uint8_t>(std::clamp<int64_t>(sum >> weight_bits, 0, 255)));
      }
    }
  }
  return result;
}

}  // namespace

std::vector<float> clip_pixels(const Image8& image, int64_t side) {
  assert(side > 0 && image.width > 0 && image.height > 0);
  constexpr std::array mean{0.48145466, 0.4578275, 0.40821073}, deviation{0.26862954, 0.26130258, 0.27577711};
  const bool upright = image.width <= image.height;
  const int64_t shorter = std::min(image.width, image.height), longer = std::max(image.width, image.height);
  const int64_t stretched = side * longer / shorter;
  const std::vector<Taps> columns = taps_of({image.width, upright ? side : stretched, side});
  std::vector<Taps> lines = taps_of({image.height, upright ? stretched : side, side});
  const int64_t top = lines.front().first;  // lines that the middle does not see are left out
  const int64_t seen = lines.back().first + static_cast<int64_t>(lines.back().weights.size()) - top;
  for (Taps& line : lines) line.first -= top;
  const int64_t line_values = image.width * image.channels;
  const auto visible = std::span(image.pixels).subspan(static_cast<size_t>(top * line_values));
  std::vector<uint8_t> pixels = resized_along(visible, seen, image.width, columns, image.channels);
  pixels = resized_along(pixels, 1, seen, lines, side * image.channels);  // [side, side, channels]
  std::vector<float> planes;
  planes.reserve(static_cast<size_t>(3 * side * side));
  for (size_t c = 0; c < 3; ++c) {
    const int64_t channel = image.channels == 1 ? 0 : static_cast<int64_t>(c);
    for (int64_t y = 0; y < side; ++y) {
      for (int64_t x = 0; x < side; ++x) {
        const auto place = static_cast<size_t>((y * side + x) * image.channels + channel);
        planes.push_back(static_cast<float>((pixels[place] / 255.0 - mean[c]) / deviation[c]));
      }
    }
  }
  return planes;
}

}  // namespace diptych::diffusion
