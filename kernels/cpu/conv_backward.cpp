#include "kernels/cpu/conv_backward.h"

#include <algorithm>
#include <cassert>

#include "kernels/cpu/conv_walk.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/turn_tile.h"

namespace diptych::kernels::cpu {

void pack_turned(DType type, const std::byte* weight, const TurnedPart& part, int64_t begin, int64_t end,
                 float* packed) {
  assert(!is_quantized(type) && begin % tile == 0 && part.first % tile == 0);
  const int64_t cols = part.taps * part.in_channels, depth = part.taps * part.out_channels;
  const auto column_bytes = static_cast<int64_t>(dtype_bytes(type, tile));
  for (int64_t row = begin; row < end; row += tile) {
    const std::byte* of_rows = weight + row / tile * cols * column_bytes;
    for (int64_t tap = 0; tap < part.taps; ++tap) {
      const int64_t column = (part.taps - 1 - tap) * part.out_channels + row;
      turn_tile(type, of_rows + (tap * part.in_channels + part.first) * column_bytes, part.channels,
                std::min(tile, end - row), depth * tile, packed + column * tile);
    }
  }
}

void add_columns(const float* columns, const ConvImage& image, int64_t begin, int64_t end, int64_t first, int64_t last,
                 float* dx) {
  ConvWalk walk(image, begin);
  for (int64_t pixel = begin; pixel < end; ++pixel, walk.next()) {
    for (int64_t i = 0; i < image.kernel_height; ++i) {
      for (int64_t j = 0; j < image.kernel_width; ++j, columns += image.channels) {
        const int64_t source = walk.source(i, j);
        if (source < 0) continue;
        float* target = dx + source * image.channels + first;
        add(target, columns + first, last - first, target);
      }
    }
  }
}

void add_upsampled_line(const float* d, const ConvImage& image, int64_t line, int64_t stride, float* dx) {
  for (int64_t y = 2 * line; y < std::min(2 * line + 2, image.seen_height); ++y) {
    for (int64_t x = 0; x < image.seen_width; ++x) {
      float* target = dx + (line * image.width + x / 2) * stride;
      add(target, d + (y * image.seen_width + x) * image.channels, image.channels, target);
    }
  }
}

}  // namespace diptych::kernels::cpu
