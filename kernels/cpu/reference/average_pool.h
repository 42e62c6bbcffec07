// Plain twin of average_pool.h: the whole image by its definition.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu::reference {

// x [height, width, channels] -> y [(height + 1) / 2, (width + 1) / 2, channels]
template <typename T>
void average_pool(const T* x, int64_t height, int64_t width, int64_t channels, T* y) {
  for (int64_t line = 0; 2 * line < height; ++line) {
    for (int64_t column = 0; 2 * column < width; ++column) {
      for (int64_t c = 0; c < channels; ++c) {
        T sum = 0;
        int64_t pixels = 0;
        for (int64_t i = 2 * line; i < 2 * line + 2 && i < height; ++i) {
          for (int64_t j = 2 * column; j < 2 * column + 2 && j < width; ++j, ++pixels) {
            sum += x[(i * width + j) * channels + c];
          }
        }
        *y++ = sum / static_cast<T>(pixels);
      }
    }
  }
}

}  // namespace diptych::kernels::cpu::reference
