// Images that are computed in bands of lines, so that no whole one need be in memory. Each band is, bit for bit, what
// the whole image would hold there: convolutions see the lines around it, and group norms take their moments from all
// bands before the first is normed.
#pragma once

#include <functional>
#include <memory>

#include "models/common/image_blocks.h"

namespace diptych::models {

// One image [1, height, width, channels]. rows(ctx, begin, end) gives lines [begin, end), which may compute them;
// asked for from top to bottom, with a few lines of overlap, nothing is computed twice.
struct BandImage {
  int64_t height = 0, width = 0, channels = 0;
  int64_t band_bytes = 0;  // of a band, about
  int64_t line_bytes = 0;  // of a line, or of what it is made of, where that is more
  std::function<Tensor(Context& ctx, int64_t begin, int64_t end)> rows;
  std::function<void(int64_t line)> let_go;  // lines above it will not be asked for any more

  int64_t bytes() const { return 4 * height * width * channels; }
};

// What stands in memory: x, or the bands of another image, in tensors of their own, so that they go one by one.
BandImage held(const Tensor& x, int64_t band_bytes);  // [1, height, width, channels]
BandImage held(Context& ctx, const BandImage& x);

// Of x or, where `upsampled`, of the image twice as large.
BandImage conv_in_bands(const BandImage& x, const Conv2d& conv, bool upsampled = false);

// Reads all of x once.
BandImage norm_in_bands(Context& ctx, const BandImage& x, const GroupNorm& norm, bool silu);

// As ResnetBlock::forward without time, held; x is let go. `keeps_middle`: what stands between the convolutions is held
// as a whole, and not computed a second time.
BandImage resnet_in_bands(Context& ctx, const ResnetBlock& block, const BandImage& x, bool keeps_middle);

Tensor whole(Context& ctx, const BandImage& x);

}  // namespace diptych::models
