// What convolutions take back: their weights turned round, and the sums of what pixels were used for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"
#include "kernels/cpu/conv.h"

namespace diptych::kernels::cpu {

// The convolution that takes gradients back through a 3x3 (or other) one with stride 1 is one with its kernel turned by
// half a turn and its channels exchanged. Output channels [begin, end) of a packed weight [out_channels, taps *
// in_channels] go into the packed f32 weight [in_channels, taps * out_channels].
void pack_turned(DType type, const std::byte* weight, int64_t out_channels, int64_t in_channels, int64_t taps,
                 int64_t begin, int64_t end, float* packed);

// The transpose of im2col: rows of `columns` for pixels [begin, end) are added to the pixels of dx that they were taken
// from; channels [first, last) of them.
void add_columns(const float* columns, const ConvImage& image, int64_t begin, int64_t end, int64_t first, int64_t last,
                 float* dx);

// d [seen_height, seen_width, channels] of an upsampled image: line `line` of dx [height, width, channels] gets the
// sums of the pixels that it stood for.
void add_upsampled_line(const float* d, const ConvImage& image, int64_t line, float* dx);

}  // namespace diptych::kernels::cpu
