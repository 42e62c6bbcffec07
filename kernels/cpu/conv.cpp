#include "kernels/cpu/conv.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/conv_walk.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

void depthwise_pixels(const float* x, const ConvImage& image, const float* taps, const float* bias, int64_t begin,
                      int64_t end, float* y) {
  const int64_t channels = image.channels;
  ConvWalk walk(image, begin);
  for (int64_t pixel = begin; pixel < end; ++pixel, walk.next(), y += channels) {
    for_vectors(channels, [&](int64_t c, int n) HWY_ATTR {
      VF sum = bias != nullptr ? load_some(bias + c, n) : hn::Zero(F32());
      for (int64_t i = 0; i < image.kernel_height; ++i) {
        for (int64_t j = 0; j < image.kernel_width; ++j) {
          const int64_t from = walk.source(i, j);
          if (from < 0) continue;
          const float* tap = taps + (i * image.kernel_width + j) * channels;
          sum = hn::MulAdd(load_some(x + from * channels + c, n), load_some(tap + c, n), sum);
        }
      }
      store_some(sum, y + c, n);
    });
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(depthwise_pixels);

void depthwise_conv(const float* x, const ConvImage& image, const float* taps, const float* bias, int64_t begin,
                    int64_t end, float* y) {
  HWY_DYNAMIC_DISPATCH(depthwise_pixels)(x, image, taps, bias, begin, end, y + begin * image.channels);
}

void im2col(const float* x, const ConvImage& image, int64_t begin, int64_t end, float* columns) {
  const int64_t channels = image.channels;
  const auto pixel_bytes = static_cast<size_t>(channels) * sizeof(float);
  ConvWalk walk(image, begin);
  for (int64_t pixel = begin; pixel < end; ++pixel, walk.next()) {
    for (int64_t i = 0; i < image.kernel_height; ++i) {
      if (!image.upsampled && walk.whole_line(i)) {  // neighbours in x are neighbours in memory
        std::memcpy(columns, x + walk.source(i, 0) * channels, pixel_bytes * static_cast<size_t>(image.kernel_width));
        columns += image.kernel_width * channels;
        continue;
      }
      for (int64_t j = 0; j < image.kernel_width; ++j, columns += channels) {
        if (const int64_t from = walk.source(i, j); from >= 0) {
          std::memcpy(columns, x + from * channels, pixel_bytes);
        } else {
          std::memset(columns, 0, pixel_bytes);
        }
      }
    }
  }
}

namespace {

// Values of so many bytes, whose addresses need not be aligned.
template <size_t value_bytes>
void reorder_taps_of(const std::byte* source, size_t channels, size_t taps, size_t begin, size_t end,
                     std::byte* target) {
  for (size_t row = begin; row < end; ++row) {
    const std::byte* from = source + row * channels * taps * value_bytes;
    std::byte* to = target + row * channels * taps * value_bytes;
    for (size_t c = 0; c < channels; ++c) {
      for (size_t t = 0; t < taps; ++t, from += value_bytes) {
        std::memcpy(to + (t * channels + c) * value_bytes, from, value_bytes);
      }
    }
  }
}

}  // namespace

void reorder_taps(size_t value_bytes, const std::byte* source, int64_t channels, int64_t taps, int64_t begin,
                  int64_t end, std::byte* target) {
  assert(value_bytes == 2 || value_bytes == 4);
  const auto reorder = value_bytes == 4 ? reorder_taps_of<4> : reorder_taps_of<2>;
  reorder(source, static_cast<size_t>(channels), static_cast<size_t>(taps), static_cast<size_t>(begin),
          static_cast<size_t>(end), target);
}

}  // namespace diptych::kernels::cpu
#endif
