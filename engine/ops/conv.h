// Two-dimensional convolution over images [rows, height, width, channels], f32.
//
// Images inside networks have their channels innermost, so that they are also tokens [rows * height * width, channels]
// for linear, norms and attention.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/context.h"
#include "engine/ops/linear.h"

namespace diptych {

struct Padding {
  int64_t top = 0, left = 0, bottom = 0, right = 0;  // zeros around the image
};

inline constexpr Padding padding_on_all_sides(int64_t n) {
  return {n, n, n, n};
}

struct ConvShape {
  int64_t in_channels = 0, out_channels = 0;
  int64_t kernel_height = 3, kernel_width = 3;
  int64_t stride = 1;
  Padding padding = padding_on_all_sides(1);
  int64_t groups = 1;  // 1, or as many as there are channels in and out: depthwise

  bool depthwise() const { return groups > 1; }
  int64_t taps() const { return kernel_height * kernel_width; }
  int64_t out_height(int64_t height) const;
  int64_t out_width(int64_t width) const;
};

struct Conv2d {
  ConvShape shape;
  Linear matrix;    // [out_channels, taps * in_channels], columns in the order (y, x, channel), with the bias
  Tensor taps;      // depthwise instead: f32 [taps, channels] …
  Tensor tap_bias;  // … and f32 [channels] or empty
};

// `source`: [out_channels, in_channels / groups, kernel_height, kernel_width] as files have it, f32, f16 or bf16; not
// needed on meta (nullptr). bias: f32 [out_channels], or empty.
Conv2d pack_conv2d(Context& ctx, std::string name, DType dtype, const ConvShape& shape, const std::byte* source,
                   const Tensor& bias);

// Twice as large an image, each pixel standing for four, cut to a size that is at most one less (odd sizes of UNets).
struct Upsampling {
  int64_t height = 0, width = 0;  // 0: none
};

// x [rows, height, width, in_channels] -> [rows, out_height, out_width, out_channels], of x or, where a size is given,
// of the upsampled x, which is never made. A pixel's result depends neither on its row's neighbours nor on threads.
// `whole_height`: of the result that this one is a band of; 0: it is the whole. Bands that begin at multiples of
// band_alignment hold what the whole would, bit for bit.
Tensor conv2d(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling = {},
              int64_t whole_height = 0);

inline constexpr int64_t band_alignment = 4;  // lines: the tiles of Winograd's method

}  // namespace diptych
