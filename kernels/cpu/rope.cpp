#include "kernels/cpu/rope.h"

#include "kernels/cpu/reference/rope.h"

namespace diptych::kernels::cpu {

void rope_table(const int32_t* positions, int64_t begin, int64_t end, const float* inverse_frequencies, int rotary_dim,
                float magnitude, float* cos, float* sin) {
  reference::rope_table(positions, begin, end, inverse_frequencies, rotary_dim, magnitude, cos, sin);
}

void rope(RopeStyle style, const float* x, int64_t x_stride, int heads, int head_dim, int rotary_dim, const float* cos,
          const float* sin, int64_t begin, int64_t end, float* y, int64_t y_stride) {
  reference::rope(style, x, x_stride, heads, head_dim, rotary_dim, cos, sin, begin, end, y, y_stride);
}

}  // namespace diptych::kernels::cpu
