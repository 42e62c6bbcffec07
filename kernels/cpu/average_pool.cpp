#include "kernels/cpu/average_pool.h"

#include <algorithm>

namespace diptych::kernels::cpu {

void average_pool_line(const float* x, int64_t height, int64_t width, int64_t channels, int64_t line, float* y) {
  // At an odd edge the last pixel stands for its missing neighbour as well: the mean of those that exist.
  const float* upper = x + 2 * line * width * channels;
  const float* lower = x + std::min(2 * line + 1, height - 1) * width * channels;
  for (int64_t column = 0; 2 * column < width; ++column) {
    const int64_t left = 2 * column * channels, right = std::min(2 * column + 1, width - 1) * channels;
    for (int64_t c = 0; c < channels; ++c) {
      y[column * channels + c] = 0.25f * ((upper[left + c] + upper[right + c]) + (lower[left + c] + lower[right + c]));
    }
  }
}

}  // namespace diptych::kernels::cpu
