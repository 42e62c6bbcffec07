#include "engine/train/data/buckets.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace diptych::train {

Buckets::Buckets(const ImageOptions& options) : options_(options) {
  if (!options.buckets) {
    sizes_ = {{options.width, options.height}};
    return;
  }
  const int64_t area = int64_t{options.width} * options.height, step = options.bucket_step;
  const auto down = [&](int64_t length) { return length / step * step; };
  std::set<PictureSize> found;
  const int64_t square = down(static_cast<int64_t>(std::sqrt(static_cast<double>(area))));
  if (square > 0) found.insert({square, square});
  for (int64_t width = down(options.bucket_min + step - 1); width <= options.bucket_max; width += step) {
    const int64_t height = std::min<int64_t>(down(options.bucket_max), down(area / width));
    if (height < options.bucket_min || height < step) continue;
    found.insert({width, height});
    found.insert({height, width});
  }
  if (found.empty()) found.insert({options.width, options.height});  // a resolution below one step
  sizes_.assign(found.begin(), found.end());
}

std::optional<PictureSize> Buckets::bucket_of(PictureSize picture) const {
  const auto width = static_cast<double>(picture.width), height = static_cast<double>(picture.height);
  if (options_.buckets && !options_.upscale) {
    const double area = static_cast<double>(options_.width) * options_.height;
    const double scale = std::min(1.0, std::sqrt(area / (width * height)));
    const int64_t step = options_.bucket_step;
    // The rounding of the scale must not cost a step.
    const auto side = [&](double length) {
      const auto pixels = static_cast<int64_t>(length * scale + 1e-6);
      return std::min<int64_t>(pixels, options_.bucket_max) / step * step;
    };
    const PictureSize size{side(width), side(height)};
    if (size.width == 0 || size.height == 0) return std::nullopt;
    return size;
  }
  const double shape = std::log(width / height);
  const auto unlike = [&](const PictureSize& size) {
    return std::abs(std::log(static_cast<double>(size.width) / static_cast<double>(size.height)) - shape);
  };
  return *std::ranges::min_element(sizes_, [&](const PictureSize& a, const PictureSize& b) {
    const double first = unlike(a), second = unlike(b);
    return first != second ? first < second : a.width * a.height > b.width * b.height;
  });
}

Placement place(PictureSize original, PictureSize bucket, bool flipped, double across, double down) {
  const double scale = std::max(static_cast<double>(bucket.width) / static_cast<double>(original.width),
                                static_cast<double>(bucket.height) / static_cast<double>(original.height));
  const auto scaled = [&](int64_t length, int64_t least) {
    return std::max<int64_t>(least, std::llround(static_cast<double>(length) * scale));
  };
  Placement placement;
  placement.original = original;
  placement.bucket = bucket;
  placement.flipped = flipped;
  placement.scaled = {scaled(original.width, bucket.width), scaled(original.height, bucket.height)};
  const auto corner = [](int64_t room, double share) {
    return std::min(room, static_cast<int64_t>(static_cast<double>(room + 1) * share));
  };
  placement.crop_left = corner(placement.scaled.width - bucket.width, across);
  placement.crop_top = corner(placement.scaled.height - bucket.height, down);
  return placement;
}

}  // namespace diptych::train
