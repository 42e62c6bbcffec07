// Images as rows of patches, which transformers compute with, and back.
#pragma once

#include "engine/core/context.h"

namespace diptych {

// In which order the values of a patch stand in its row: channel, (frame,) y, x, as the weights of a patch convolution
// do, or (frame,) y, x, channel.
enum class PatchOrder { channels_first, channels_last };

struct PatchForm {
  int64_t side = 2;    // of a patch, both ways
  int64_t frames = 1;  // of a patch of video
  PatchOrder order = PatchOrder::channels_first;
};

// image [rows, channels, (frames,) height, width] -> [rows * patches, channels * patch values]; patches in the order of
// frames, lines, columns.
Tensor patchify(Context& ctx, const Tensor& image, const PatchForm& form);

// The inverse; `image` is the shape to arrive at.
Tensor unpatchify(Context& ctx, const Tensor& tokens, const Shape& image, const PatchForm& form);

}  // namespace diptych
