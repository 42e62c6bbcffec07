// Walks over the pixels of a convolution's result and says which pixel of x each tap of the kernel reads.
#pragma once

#include <cstdint>

#include "kernels/cpu/conv.h"

namespace diptych::kernels::cpu {

class ConvWalk {
 public:
  ConvWalk(const ConvImage& image, int64_t pixel) : image_(image) {
    out_x_ = pixel % image.out_width;
    out_y_ = pixel / image.out_width % image.out_height;
    first_ = pixel / (image.out_width * image.out_height) * image.height * image.width;
    place();
  }

  void next() {
    if (++out_x_ == image_.out_width) {
      out_x_ = 0;
      if (++out_y_ == image_.out_height) {
        out_y_ = 0;
        first_ += image_.height * image_.width;
      }
    }
    place();
  }

  // The pixel under tap (i, j), counted from the first image on; -1: outside.
  int64_t source(int64_t i, int64_t j) const {
    const int64_t y = y_ + i, x = x_ + j;
    if (y < 0 || y >= image_.seen_height || x < 0 || x >= image_.seen_width) return -1;
    return image_.upsampled ? first_ + y / 2 * image_.width + x / 2 : first_ + y * image_.width + x;
  }

  // Whether all taps of line i are inside.
  bool whole_line(int64_t i) const {
    return y_ + i >= 0 && y_ + i < image_.seen_height && x_ >= 0 && x_ + image_.kernel_width <= image_.seen_width;
  }

 private:
  void place() {
    y_ = out_y_ * image_.stride - image_.pad_top;
    x_ = out_x_ * image_.stride - image_.pad_left;
  }

  const ConvImage& image_;
  int64_t out_x_, out_y_, first_;
  int64_t x_ = 0, y_ = 0;  // of the kernel's first tap
};

}  // namespace diptych::kernels::cpu
