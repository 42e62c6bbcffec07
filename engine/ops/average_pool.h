// Average pooling of images [rows, height, width, channels], f32.
#pragma once

#include "engine/core/context.h"

namespace diptych {

// Half the sides, odd ones rounded up: each pixel the mean of the two by two (at the edge fewer) that it stands for.
Tensor average_pool(Context& ctx, const Tensor& x);

}  // namespace diptych
