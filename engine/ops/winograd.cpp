#include "engine/ops/winograd.h"

#include <algorithm>

namespace diptych {
namespace {

constexpr int64_t products = 36;                   // values of a transformed tile
constexpr int64_t gap = 16;                        // between products
constexpr int64_t input_bytes = int64_t{8} << 20;  // of transformed input: what a third-level cache holds
constexpr int64_t least_channels = 64;
constexpr double value_cost = 20;  // of a transformed value of images, in multiply-adds
constexpr double weight_cost = 6;  // of a transformed weight

}  // namespace

bool winograd_pays(const ConvShape& shape, int64_t out_height, int64_t out_width) {
  if (shape.kernel_height != 3 || shape.kernel_width != 3 || shape.stride != 1 || shape.groups != 1) return false;
  if (std::min(shape.in_channels, shape.out_channels) < least_channels) return false;
  const auto in = static_cast<double>(shape.in_channels), out = static_cast<double>(shape.out_channels);
  const auto tiles = static_cast<double>(winograd_tiles_of(out_height, out_width));
  const double groups = std::max(1.0, tiles / winograd_group);
  const double direct = 9 * static_cast<double>(out_height * out_width) * in * out;
  const double transforms = products * (value_cost * tiles * (in + out) + weight_cost * groups * in * out);
  return products * tiles * in * out + transforms <= direct * 2 / 3;
}

int64_t winograd_block(const ConvShape& shape, int64_t tiles) {
  const int64_t groups = input_bytes / (4 * products * shape.in_channels) / winograd_group;
  return std::min(tiles, std::max<int64_t>(1, groups) * winograd_group);
}

int64_t winograd_input_values(const ConvShape& shape, int64_t tiles) {
  const int64_t groups = (shape.in_channels + winograd_channels - 1) / winograd_channels;
  return products * (winograd_block(shape, tiles) * groups * winograd_channels + gap);
}

int64_t winograd_scratch(const ConvShape& shape) {
  return products * (winograd_rows * (std::min(shape.in_channels, winograd_channels) + winograd_group) + 2 * gap);
}

double winograd_flops(const ConvShape& shape, int64_t tiles) {
  return 2.0 * products * static_cast<double>(tiles) * static_cast<double>(shape.in_channels) *
         static_cast<double>(shape.out_channels);
}

}  // namespace diptych
