#include "engine/diffusion/pictures/canny.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace diptych::diffusion {
namespace {

struct Gradient {
  int32_t dx = 0, dy = 0;
  int32_t norm() const { return std::abs(dx) + std::abs(dy); }
};

// With a line of zeros around it.
class GradientField {
 public:
  explicit GradientField(const Image8& image)
      : width_(image.width), height_(image.height), field_(static_cast<size_t>((width_ + 2) * (height_ + 2))) {
    for (int64_t y = 0; y < height_; ++y)
      for (int64_t x = 0; x < width_; ++x) field_[place(x, y)] = strongest(image, x, y);
  }

  const Gradient& at(int64_t x, int64_t y) const { return field_[place(x, y)]; }
  int32_t norm(int64_t x, int64_t y) const { return at(x, y).norm(); }

 private:
  size_t place(int64_t x, int64_t y) const { return static_cast<size_t>((y + 1) * (width_ + 2) + x + 1); }

  // Sobel's operator; the border is repeated.
  static Gradient sobel(const Image8& image, int64_t x, int64_t y, int64_t channel) {
    const auto pixel = [&](int64_t i, int64_t j) -> int32_t {
      i = std::clamp<int64_t>(x + i, 0, image.width - 1);
      j = std::clamp<int64_t>(y + j, 0, image.height - 1);
      return image.pixels[static_cast<size_t>((j * image.width + i) * image.channels + channel)];
    };
    return {.dx = pixel(1, -1) + 2 * pixel(1, 0) + pixel(1, 1) - pixel(-1, -1) - 2 * pixel(-1, 0) - pixel(-1, 1),
            .dy = pixel(-1, 1) + 2 * pixel(0, 1) + pixel(1, 1) - pixel(-1, -1) - 2 * pixel(0, -1) - pixel(1, -1)};
  }

  static Gradient strongest(const Image8& image, int64_t x, int64_t y) {
    Gradient best = sobel(image, x, y, 0);
    for (int64_t channel = 1; channel < std::min(image.channels, 3); ++channel) {
      const Gradient other = sobel(image, x, y, channel);
      if (other.norm() > best.norm()) best = other;
    }
    return best;
  }

  int64_t width_, height_;
  std::vector<Gradient> field_;
};

// Whether the gradient is the largest along its direction: across, down, or along a diagonal. The bounds between these
// are the tangents of 22.5 and 67.5 degrees in fixed point.
bool is_ridge(const GradientField& field, int64_t x, int64_t y) {
  constexpr int shift = 15;
  constexpr int64_t tangent = 13573;  // tan(22.5°) * 2^15; tan(67.5°) is 2 more
  const Gradient& g = field.at(x, y);
  const int32_t norm = g.norm();
  const int64_t across = std::abs(g.dx), down = int64_t{std::abs(g.dy)} << shift;
  if (down < across * tangent) return norm > field.norm(x - 1, y) && norm >= field.norm(x + 1, y);
  if (down > across * tangent + (across << (shift + 1))) {
    return norm > field.norm(x, y - 1) && norm >= field.norm(x, y + 1);
  }
  const int64_t step = (g.dx ^ g.dy) < 0 ? -1 : 1;
  return norm > field.norm(x - step, y - 1) && norm > field.norm(x + step, y + 1);
}

}  // namespace

Image8 canny(const Image8& image, double low, double high) {
  if (low > high) std::swap(low, high);
  const double weak_above = std::floor(low), strong_above = std::floor(high);
  const GradientField field(image);
  Image8 edges{image.width, image.height, 1, std::vector<uint8_t>(static_cast<size_t>(image.width * image.height))};
  constexpr uint8_t nothing = 0, weak = 1, strong = 255;
  std::vector<size_t> open;
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      const int32_t norm = field.norm(x, y);
      if (!(norm > weak_above) || !is_ridge(field, x, y)) continue;
      const auto place = static_cast<size_t>(y * image.width + x);
      edges.pixels[place] = norm > strong_above ? strong : weak;
      if (norm > strong_above) open.push_back(place);
    }
  }
  while (!open.empty()) {  // edges grow along their weak neighbours
    const auto place = static_cast<int64_t>(open.back());
    open.pop_back();
    const int64_t x = place % image.width, y = place / image.width;
    for (int64_t j = std::max<int64_t>(0, y - 1); j <= std::min(y + 1, image.height - 1); ++j) {
      for (int64_t i = std::max<int64_t>(0, x - 1); i <= std::min(x + 1, image.width - 1); ++i) {
        const auto neighbour = static_cast<size_t>(j * image.width + i);
        if (edges.pixels[neighbour] != weak) continue;
        edges.pixels[neighbour] = strong;
        open.push_back(neighbour);
      }
    }
  }
  std::ranges::replace(edges.pixels, weak, nothing);
  return edges;
}

}  // namespace diptych::diffusion
