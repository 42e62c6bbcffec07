#include "engine/host/images/image_preview.h"

#include <algorithm>
#include <cmath>

namespace diptych::host {
namespace {

using Matrix = std::vector<std::vector<double>>;

// Covariance of the channels over the pixels.
Matrix covariance_of(std::span<const float> latents, size_t channels, size_t pixels, const std::vector<double>& means) {
  Matrix covariance(channels, std::vector<double>(channels));
  for (size_t a = 0; a < channels; ++a) {
    for (size_t b = 0; b <= a; ++b) {
      double sum = 0;
      for (size_t i = 0; i < pixels; ++i) {
        sum += (latents[a * pixels + i] - means[a]) * (latents[b * pixels + i] - means[b]);
      }
      covariance[a][b] = covariance[b][a] = sum / static_cast<double>(pixels);
    }
  }
  return covariance;
}

// The direction of the greatest variance, by power iteration; it is then taken out of the matrix.
std::vector<double> take_component(Matrix& covariance) {
  const size_t n = covariance.size();
  std::vector<double> direction(n);
  for (size_t i = 0; i < n; ++i) direction[i] = 1 + 0.1 * static_cast<double>(i);  // orthogonal to nothing likely
  double variance = 0;
  for (int round = 0; round < 32; ++round) {
    std::vector<double> next(n);
    for (size_t a = 0; a < n; ++a) {
      for (size_t b = 0; b < n; ++b) next[a] += covariance[a][b] * direction[b];
    }
    double norm = 0;
    for (const double value : next) norm += value * value;
    variance = std::sqrt(norm);
    if (variance < 1e-12) return std::vector<double>(n);
    for (size_t a = 0; a < n; ++a) direction[a] = next[a] / variance;
  }
  // The sign of a direction is arbitrary: the heaviest channel points upwards, so that steps do not flicker.
  const auto heaviest = std::max_element(direction.begin(), direction.end(),
                                         [](double a, double b) { return std::abs(a) < std::abs(b); });
  if (*heaviest < 0) {
    for (double& value : direction) value = -value;
  }
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = 0; b < n; ++b) covariance[a][b] -= variance * direction[a] * direction[b];
  }
  return direction;
}

}  // namespace

Image8 principal_components(std::span<const float> latents, int64_t channels, int64_t height, int64_t width) {
  const auto n = static_cast<size_t>(channels);
  const auto pixels = static_cast<size_t>(height * width);
  std::vector<double> means(n);
  for (size_t c = 0; c < n; ++c) {
    for (size_t i = 0; i < pixels; ++i) means[c] += latents[c * pixels + i];
    means[c] /= static_cast<double>(pixels);
  }
  Matrix covariance = covariance_of(latents, n, pixels, means);
  std::vector<std::vector<double>> components(3);
  for (size_t k = 0; k < 3; ++k) components[k] = take_component(covariance);

  Image8 image{width, height, 3, std::vector<uint8_t>(pixels * 3)};
  std::vector<double> planes(pixels * 3);
  double greatest = 1e-12;
  for (size_t i = 0; i < pixels; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      double value = 0;
      for (size_t c = 0; c < n; ++c) value += components[k][c] * (latents[c * pixels + i] - means[c]);
      planes[i * 3 + k] = value;
      if (k == 0) greatest = std::max(greatest, std::abs(value));
    }
  }
  // The first component is light; the other two are colour differences, as in YCbCr (ITU-R BT.601).
  for (size_t i = 0; i < pixels; ++i) {
    const double y = planes[i * 3] / greatest, b = planes[i * 3 + 1] / greatest, r = planes[i * 3 + 2] / greatest;
    const double rgb[3] = {y + 1.402 * r, y - 0.344 * b - 0.714 * r, y + 1.772 * b};
    for (size_t k = 0; k < 3; ++k) {
      const double value = std::isfinite(rgb[k]) ? std::clamp(rgb[k], -1.0, 1.0) : 0;
      image.pixels[i * 3 + k] = static_cast<uint8_t>(std::lround(127.5 + 127.5 * value));
    }
  }
  return image;
}

Image8 mapped_latents(std::span<const float> latents, std::span<const float> map, int64_t channels, int64_t height,
                      int64_t width) {
  const auto n = static_cast<size_t>(channels), pixels = static_cast<size_t>(height * width);
  Image8 image{width, height, 3, std::vector<uint8_t>(pixels * 3)};
  for (size_t k = 0; k < 3; ++k) {
    const float* row = map.data() + k * (n + 1);
    for (size_t i = 0; i < pixels; ++i) {
      float value = row[n];
      for (size_t c = 0; c < n; ++c) value += row[c] * latents[c * pixels + i];
      image.pixels[i * 3 + k] =
          static_cast<uint8_t>(std::isfinite(value) ? std::lround(255 * std::clamp(value, 0.0f, 1.0f)) : 0);
    }
  }
  return image;
}

int64_t ImagePreview::set(std::span<const float> latents, int64_t channels, int64_t height, int64_t width,
                          std::span<const float> map) {
  const std::lock_guard lock(mutex_);
  latents_.assign(latents.begin(), latents.end());
  map_.assign(map.begin(), map.end());
  channels_ = channels;
  height_ = height;
  width_ = width;
  return ++number_;
}

std::optional<ImagePreview::Encoded> ImagePreview::encode() const {
  std::vector<float> latents, map;
  int64_t channels = 0, height = 0, width = 0;
  Encoded encoded;
  {
    const std::lock_guard lock(mutex_);
    if (number_ == 0) return std::nullopt;
    latents = latents_;
    map = map_;
    channels = channels_;
    height = height_;
    width = width_;
    encoded.number = number_;
  }
  const Image8 image = map.empty() ? principal_components(latents, channels, height, width)
                                   : mapped_latents(latents, map, channels, height, width);
  encoded.png = encode_image(image, ImageFormat::png);
  return encoded;
}

}  // namespace diptych::host
