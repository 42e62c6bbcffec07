// Plain twin of conv.h and of the matrix product behind it: from the file's order of weights.
#pragma once

#include <cstdint>

#include "kernels/cpu/conv.h"

namespace diptych::kernels::cpu::reference {

// One image x [height, width, channels] -> y [out_height, out_width, out_channels]. weight [out_channels,
// channels / groups, kernel_height, kernel_width]; bias [out_channels] or null.
template <typename T>
void conv(const T* x, const ConvImage& image, int64_t out_channels, int64_t groups, const T* weight, const T* bias,
          T* y) {
  const int64_t inputs = image.channels / groups, outputs = out_channels / groups;
  const int64_t taps = image.kernel_height * image.kernel_width;
  for (int64_t pixel = 0; pixel < image.out_height * image.out_width; ++pixel) {
    const int64_t top = pixel / image.out_width * image.stride - image.pad_top;
    const int64_t left = pixel % image.out_width * image.stride - image.pad_left;
    for (int64_t o = 0; o < out_channels; ++o) {
      T sum = bias != nullptr ? bias[o] : 0;
      for (int64_t tap = 0; tap < taps; ++tap) {
        int64_t row = top + tap / image.kernel_width, column = left + tap % image.kernel_width;
        if (row < 0 || row >= image.seen_height || column < 0 || column >= image.seen_width) continue;
        if (image.upsampled) {
          row /= 2;
          column /= 2;
        }
        for (int64_t c = 0; c < inputs; ++c) {
          sum += x[(row * image.width + column) * image.channels + o / outputs * inputs + c] *
                 weight[(o * inputs + c) * taps + tap];
        }
      }
      y[pixel * out_channels + o] = sum;
    }
  }
}

}  // namespace diptych::kernels::cpu::reference
