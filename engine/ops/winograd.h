// When and in what pieces convolutions are computed by Winograd's method (kernels/cpu/winograd.h).
#pragma once

#include "engine/ops/conv.h"

namespace diptych {

// One range computes so many output channels of so many tiles of 4x4 pixels, whose transformed weights it makes for
// some input channels at a time: they stay in the second-level cache. Groups of tiles are whole panels of the kernels,
// channels those that stand together where activations are regrouped.
inline constexpr int64_t winograd_panel = 12, winograd_group = 6 * winograd_panel, winograd_rows = 32,
                         winograd_channels = 64;

// For 3x3 kernels with stride 1, from 64 channels in and out on, where the method takes at most two thirds of the
// direct one's time. Counted are the multiply-adds of one image: 9 for each pixel, input and output channel directly;
// here 36 for each tile, and the transforms: measured, a value of an image costs as much as 20 of them, a weight as 6.
// Small images waste tiles and do not earn the transform of the weights. An image's size decides, not how many there
// are: a row must not depend on its neighbours.
bool winograd_pays(const ConvShape& shape, int64_t out_height, int64_t out_width);

// Tiles whose transformed input is held at once.
int64_t winograd_block(const ConvShape& shape, int64_t tiles);
// Values of scratch: of that input, and for each thread.
int64_t winograd_input_values(const ConvShape& shape, int64_t tiles);
int64_t winograd_scratch(const ConvShape& shape);

// What is computed, transforms left out.
double winograd_flops(const ConvShape& shape, int64_t tiles);

inline int64_t winograd_tiles_of(int64_t out_height, int64_t out_width) {
  return (out_height + 3) / 4 * ((out_width + 3) / 4);
}

}  // namespace diptych
