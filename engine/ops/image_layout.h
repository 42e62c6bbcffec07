// Images as files and pipelines order them, [rows, channels, height, width], and as networks compute with them here.
#pragma once

#include "engine/core/context.h"

namespace diptych {

Tensor channels_last(Context& ctx, const Tensor& x);   // [rows, channels, height, width] -> […, channels]
Tensor channels_first(Context& ctx, const Tensor& x);  // [rows, height, width, channels] -> the other way

}  // namespace diptych
