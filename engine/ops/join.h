// Tensors side by side, and parts of them on their own, f32.
#pragma once

#include "engine/core/context.h"

namespace diptych {

// x and y, equal but for one axis, one behind the other along it (below 0: counted from the last). Both contiguous.
Tensor concat(Context& ctx, const Tensor& x, const Tensor& y, int axis);

// Writes x [1, height, …] to the lines of `held` [1, …, as x] from `first_line` on: what is put together in bands.
void store_band(Context& ctx, const Tensor& x, int64_t first_line, Tensor& held);

// x itself where its values lie one after the other, else a copy that does: of slices along one axis.
Tensor contiguous(Context& ctx, const Tensor& x);

}  // namespace diptych
