// Average pooling of two by two pixels.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// Line `line` of the result, [(width + 1) / 2, channels], of x [height, width, channels]. Pixels beyond an odd edge do
// not count.
void average_pool_line(const float* x, int64_t height, int64_t width, int64_t channels, int64_t line, float* y);

}  // namespace diptych::kernels::cpu
