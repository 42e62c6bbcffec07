#include "engine/host/image_mask.h"

#include <algorithm>
#include <cmath>

#include "engine/io/image_resize.h"

namespace diptych::host {
namespace {

// One direction: `stride` between neighbours of a line of `count` values.
void blur_line(const float* in, float* out, int64_t count, int64_t stride, const std::vector<float>& weights) {
  const auto radius = static_cast<int64_t>(weights.size()) / 2;
  for (int64_t i = 0; i < count; ++i) {
    float sum = 0;
    for (int64_t k = -radius; k <= radius; ++k) {
      sum += weights[static_cast<size_t>(k + radius)] * in[std::clamp<int64_t>(i + k, 0, count - 1) * stride];
    }
    out[i * stride] = sum;
  }
}

std::vector<float> gaussian(double deviation) {
  const auto radius = static_cast<int64_t>(std::ceil(3 * deviation));
  std::vector<float> weights;
  double sum = 0;
  for (int64_t k = -radius; k <= radius; ++k) {
    const double weight = std::exp(-static_cast<double>(k * k) / (2 * deviation * deviation));
    weights.push_back(static_cast<float>(weight));
    sum += weight;
  }
  for (float& weight : weights) weight = static_cast<float>(weight / sum);
  return weights;
}

}  // namespace

std::vector<float> mask_values(const Image8& picture, int64_t width, int64_t height) {
  const Image8 scaled = resized(picture, width, height);
  const int channels = scaled.channels;
  const auto pixels = static_cast<size_t>(width * height);
  bool transparent = false;
  for (size_t i = 0; channels == 4 && i < pixels; ++i) transparent = transparent || scaled.pixels[i * 4 + 3] < 255;
  std::vector<float> values(pixels);
  for (size_t i = 0; i < pixels; ++i) {
    const uint8_t* pixel = &scaled.pixels[i * static_cast<size_t>(channels)];
    if (transparent) {
      values[i] = 1 - static_cast<float>(pixel[3]) / 255;
    } else if (channels >= 3) {
      values[i] = (0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2]) / 255;
    } else {
      values[i] = static_cast<float>(pixel[0]) / 255;
    }
  }
  return values;
}

std::vector<float> blurred(std::vector<float> values, int64_t width, int64_t height, double deviation) {
  if (deviation <= 0) return values;
  const std::vector<float> weights = gaussian(deviation);
  std::vector<float> rows(values.size());
  for (int64_t y = 0; y < height; ++y) blur_line(&values[y * width], &rows[y * width], width, 1, weights);
  for (int64_t x = 0; x < width; ++x) blur_line(&rows[x], &values[x], height, width, weights);
  return values;
}

Image8 laid_over(const Image8& original, const Image8& made, const std::vector<float>& mask) {
  const Image8 below = resized(original, made.width, made.height);
  Image8 result = made;
  for (size_t i = 0; i < mask.size(); ++i) {
    for (int c = 0; c < std::min(3, made.channels); ++c) {
      const size_t at = i * static_cast<size_t>(made.channels) + static_cast<size_t>(c);
      const int source = below.channels >= 3 ? c : 0;
      const float from = below.pixels[i * static_cast<size_t>(below.channels) + static_cast<size_t>(source)];
      result.pixels[at] =
          static_cast<uint8_t>(std::lround(from + mask[i] * (static_cast<float>(made.pixels[at]) - from)));
    }
  }
  return result;
}

}  // namespace diptych::host
