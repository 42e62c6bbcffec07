#include "kernels/cpu/conv_backward.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/cpu/conv_walk.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/pack_transposed.h"
#include "kernels/cpu/packed_layout.h"

namespace diptych::kernels::cpu {

void pack_turned(DType type, const std::byte* weight, int64_t out_channels, int64_t in_channels, int64_t taps,
                 int64_t begin, int64_t end, float* packed) {
  static thread_local std::vector<float> values;  // [tile, taps * in_channels]
  const int64_t cols = taps * in_channels, depth = taps * out_channels;
  values.resize(static_cast<size_t>(tile * cols));
  int32_t ids[tile];
  for (int64_t row = begin; row < end; row += tile) {
    const int64_t count = std::min(tile, end - row);
    std::iota(ids, ids + count, static_cast<int32_t>(row));
    gather_packed_rows(type, weight, out_channels, cols, ids, 0, count, values.data(), cols);
    for (int64_t tap = 0; tap < taps; ++tap) {
      const int64_t column = (taps - 1 - tap) * out_channels + row;
      pack_columns(values.data() + tap * in_channels, cols, in_channels, 0, count, depth, packed + column * tile);
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

void add_upsampled_line(const float* d, const ConvImage& image, int64_t line, float* dx) {
  for (int64_t y = 2 * line; y < std::min(2 * line + 2, image.seen_height); ++y) {
    for (int64_t x = 0; x < image.seen_width; ++x) {
      float* target = dx + (line * image.width + x / 2) * image.channels;
      add(target, d + (y * image.seen_width + x) * image.channels, image.channels, target);
    }
  }
}

}  // namespace diptych::kernels::cpu
