#include "engine/diffusion/pictures/inpaint_region.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/images/image_resize.h"

namespace diptych::diffusion {
namespace {

constexpr uint8_t half_white = 128;

uint8_t byte_near(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0l, 255l));
}

// [begin, end) grown to `size` around its middle, inside [0, whole).
void grow(int64_t& begin, int64_t& end, int64_t size, int64_t whole) {
  size = std::min(size, whole);
  begin = std::clamp<int64_t>(begin - (size - (end - begin)) / 2, 0, whole - size);
  end = begin + size;
}

std::vector<double> gaussian(double deviation) {
  const auto reach = static_cast<int64_t>(std::ceil(3 * deviation));
  std::vector<double> weights;
  double sum = 0;
  for (int64_t i = -reach; i <= reach; ++i) {
    weights.push_back(std::exp(-0.5 * static_cast<double>(i * i) / (deviation * deviation)));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// A line of `count` values that are `step` apart; beyond its ends it goes on as it ends.
void blur_line(const std::vector<double>& weights, const double* in, double* out, int64_t count, int64_t step) {
  const auto reach = static_cast<int64_t>(weights.size() / 2);
  for (int64_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int64_t k = -reach; k <= reach; ++k) {
      sum += weights[static_cast<size_t>(k + reach)] * in[std::clamp<int64_t>(i + k, 0, count - 1) * step];
    }
    out[i * step] = sum;
  }
}

Image8 coloured(const Image8& image) {
  if (image.channels == 3) return image;
  Image8 result{image.width, image.height, 3, {}};
  const auto channels = static_cast<size_t>(image.channels);
  for (size_t i = 0; i < image.pixels.size(); i += channels) {
    for (size_t c = 0; c < 3; ++c) result.pixels.push_back(image.pixels[channels == 1 ? i : i + c]);
  }
  return result;
}

}  // namespace

Image8 grey_of(const Image8& image) {
  if (image.channels == 1) return image;
  Image8 grey{image.width, image.height, 1, {}};
  const auto channels = static_cast<size_t>(image.channels);
  for (size_t i = 0; i < image.pixels.size(); i += channels) {
    grey.pixels.push_back(
        byte_near(0.299 * image.pixels[i] + 0.587 * image.pixels[i + 1] + 0.114 * image.pixels[i + 2]));
  }
  return grey;
}

PixelRegion masked_region(const Image8& mask, int64_t padding, int64_t width, int64_t height) {
  assert(mask.channels == 1 && width > 0 && height > 0);
  int64_t left = mask.width, top = mask.height, right = 0, bottom = 0;
  for (int64_t y = 0; y < mask.height; ++y) {
    for (int64_t x = 0; x < mask.width; ++x) {
      if (mask.pixels[static_cast<size_t>(y * mask.width + x)] < half_white) continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
    }
  }
  if (right == 0) {
    throw Error(ErrorCategory::invalid_argument, "cannot paint a part of the picture", "mask", "it has no white",
                "paint what is to be made anew in white");
  }
  left = std::max<int64_t>(0, left - padding);
  top = std::max<int64_t>(0, top - padding);
  right = std::min(mask.width, right + padding);
  bottom = std::min(mask.height, bottom + padding);
  // width : height by making one side longer
  if ((right - left) * height < (bottom - top) * width) {
    grow(left, right, ((bottom - top) * width + height - 1) / height, mask.width);
  } else {
    grow(top, bottom, ((right - left) * height + width - 1) / width, mask.height);
  }
  return {left, top, right - left, bottom - top};
}

Image8 cut_region(const Image8& image, const PixelRegion& region) {
  Image8 part{region.width, region.height, image.channels, {}};
  for (int64_t y = region.y; y < region.y + region.height; ++y) {
    const auto first = image.pixels.begin() + (y * image.width + region.x) * image.channels;
    part.pixels.insert(part.pixels.end(), first, first + region.width * image.channels);
  }
  return part;
}

Image8 blurred_mask(const Image8& mask, double deviation) {
  assert(mask.channels == 1);
  if (deviation <= 0) return mask;
  const std::vector<double> weights = gaussian(deviation);
  std::vector<double> values(mask.pixels.begin(), mask.pixels.end()), across(values.size());
  for (int64_t y = 0; y < mask.height; ++y) {
    blur_line(weights, values.data() + y * mask.width, across.data() + y * mask.width, mask.width, 1);
  }
  for (int64_t x = 0; x < mask.width; ++x) {
    blur_line(weights, across.data() + x, values.data() + x, mask.height, mask.width);
  }
  Image8 result = mask;
  for (size_t i = 0; i < values.size(); ++i) result.pixels[i] = byte_near(values[i]);
  return result;
}

Image8 with_region(const Image8& picture, const Image8& part, const PixelRegion& region, const Image8& mask) {
  assert(mask.channels == 1 && mask.width == picture.width && mask.height == picture.height);
  Image8 result = coloured(picture);
  const Image8 fitted = resized(coloured(part), region.width, region.height);
  for (int64_t y = 0; y < region.height; ++y) {
    for (int64_t x = 0; x < region.width; ++x) {
      const auto place = static_cast<size_t>((region.y + y) * picture.width + region.x + x);
      const auto from = static_cast<size_t>(y * region.width + x);
      const double open = mask.pixels[place] / 255.0;
      for (size_t c = 0; c < 3; ++c) {
        uint8_t& value = result.pixels[3 * place + c];
        value = byte_near((1 - open) * value + open * fitted.pixels[3 * from + c]);
      }
    }
  }
  return result;
}

Canvas outpainting_canvas(const Image8& picture, Margins margins, int64_t overlap, int64_t multiple) {
  const bool adds = margins.left + margins.top + margins.right + margins.bottom > 0;
  const int64_t width = (picture.width + margins.left + margins.right + multiple - 1) / multiple * multiple;
  const int64_t height = (picture.height + margins.top + margins.bottom + multiple - 1) / multiple * multiple;
  const bool negative = std::min({margins.left, margins.top, margins.right, margins.bottom}) < 0;
  if (!adds || negative || width > (1 << 16) || height > (1 << 16) || width * height > most_image_pixels) {
    throw Error(ErrorCategory::invalid_argument, "cannot extend the picture",
                std::to_string(width) + " x " + std::to_string(height) + " pixels",
                adds && !negative ? "that is larger than pictures may be" : "nothing is added",
                "give how many pixels are added to the left, top, right and bottom, as in 0,0,256,0");
  }
  const Image8 old = coloured(picture);
  Canvas canvas{{width, height, 3, {}}, {width, height, 1, {}}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t from_x = x - margins.left, from_y = y - margins.top;
      const int64_t column = std::clamp<int64_t>(from_x, 0, old.width - 1);
      const int64_t line = std::clamp<int64_t>(from_y, 0, old.height - 1);
      const auto first = old.pixels.begin() + 3 * (line * old.width + column);
      canvas.picture.pixels.insert(canvas.picture.pixels.end(), first, first + 3);
      // Into the picture only from the sides where something is added.
      const bool kept = from_x >= (margins.left > 0 ? overlap : 0) && from_y >= (margins.top > 0 ? overlap : 0) &&
                        from_x < old.width - (width - margins.left > old.width ? overlap : 0) &&
                        from_y < old.height - (height - margins.top > old.height ? overlap : 0);
      canvas.mask.pixels.push_back(kept ? 0 : 255);
    }
  }
  return canvas;
}

}  // namespace diptych::diffusion
