// Convolution over images with channels innermost, f32: the rows that a matrix product takes, and depthwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace diptych::kernels::cpu {

// Images stand one behind the other; pixels of the result are numbered through all of them.
struct ConvImage {
  int64_t height, width, channels;  // of x
  // What the kernel sees: x itself, or with `upsampled` each pixel of x twice in both directions, cut to this size.
  int64_t seen_height, seen_width;
  bool upsampled;
  int64_t kernel_height, kernel_width, stride, pad_top, pad_left;
  int64_t out_height, out_width;
};

// For pixels [begin, end) of the result the kernel_height * kernel_width * channels values that they are made of, in
// the order (y, x, channel), zeros outside the image, into consecutive rows of `columns`.
void im2col(const float* x, const ConvImage& image, int64_t begin, int64_t end, float* columns);

// Each channel by itself: pixels [begin, end) of y. taps [kernel_height * kernel_width, channels]; bias or null.
void depthwise_conv(const float* x, const ConvImage& image, const float* taps, const float* bias, int64_t begin,
                    int64_t end, float* y);

// Rows [begin, end) of a convolution's weights, from the file's order (channel, tap) to (tap, channel); values of
// value_bytes each.
void reorder_taps(size_t value_bytes, const std::byte* source, int64_t channels, int64_t taps, int64_t begin,
                  int64_t end, std::byte* target);

}  // namespace diptych::kernels::cpu
