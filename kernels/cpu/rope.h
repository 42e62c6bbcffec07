// Rotary position embedding (Su et al. 2021), f32.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

enum class RopeStyle {
  half_split,   // pairs (i, i + rotary_dim / 2)
  interleaved,  // pairs (2i, 2i + 1)
};

// Rows for positions[begin … end): cos and sin of position * inverse_frequencies[i], times magnitude, into
// [end - begin, rotary_dim / 2]. Angles are computed in double: at position 100,000 an f32 angle is off by 0.004.
void rope_table(const int32_t* positions, int64_t begin, int64_t end, const float* inverse_frequencies, int rotary_dim,
                float magnitude, float* cos, float* sin);

// Rows [begin, end) of one axis of several: cos and sin of position * theta^(-2i / dims), i < dims / 2. Positions lie
// position_stride values apart, rows of cos and sin row_stride. In double, as above.
void axis_rope_table(const float* positions, int64_t position_stride, int64_t begin, int64_t end, double theta,
                     int dims, float* cos, float* sin, int64_t row_stride);

// Turns the first rotary_dim values of every head of rows [begin, end); the rest pass. x [.., heads, head_dim] with
// rows x_stride apart; cos and sin [.., rotary_dim / 2] by row. y may be x.
void rope(RopeStyle style, const float* x, int64_t x_stride, int heads, int head_dim, int rotary_dim, const float* cos,
          const float* sin, int64_t begin, int64_t end, float* y, int64_t y_stride);

}  // namespace diptych::kernels::cpu
