// What convolutions take back: their weights turned round, and the sums of what pixels were used for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"
#include "kernels/cpu/conv.h"

namespace diptych::kernels::cpu {

// Of a convolution's packed weight [out_channels, taps * in_channels], some input channels.
struct TurnedPart {
  int64_t out_channels, in_channels, taps;
  int64_t first, channels;  // of the input channels: a multiple of the packed layout's 16 rows, and how many
};

// The convolution that takes gradients back through a 3x3 (or other) one with stride 1 is one with its kernel turned by
// half a turn and its channels exchanged. Output channels [begin, end) of a weight in f32, f16 or bf16, `begin` a
// multiple of 16, go into the packed f32 weight [channels, taps * out_channels].
void pack_turned(DType type, const std::byte* weight, const TurnedPart& part, int64_t begin, int64_t end,
                 float* packed);

// The transpose of im2col: rows of `columns` for pixels [begin, end) are added to the pixels of dx that they were taken
// from; channels [first, last) of them.
void add_columns(const float* columns, const ConvImage& image, int64_t begin, int64_t end, int64_t first, int64_t last,
                 float* dx);

// d [seen_height, seen_width, channels] of an upsampled image: line `line` of dx [height, width, channels] gets the
// sums of the pixels that it stood for. Pixels of dx stand `stride` values apart.
void add_upsampled_line(const float* d, const ConvImage& image, int64_t line, int64_t stride, float* dx);

}  // namespace diptych::kernels::cpu
