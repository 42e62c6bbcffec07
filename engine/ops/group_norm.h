// Group normalisation (Wu & He 2018) of images with channels innermost, f32.
#pragma once

#include "engine/core/context.h"

namespace diptych {

struct GroupNormOptions {
  bool silu = false;  // of the result
  // f32 [rows, channels], added to every pixel of a row before it is normed: a UNet's embedding of time. Empty: none.
  Tensor shift = {};
};

// x [rows, …, channels], weight and bias [channels]: each row's channels in `groups` of neighbours, normed to mean 0
// and variance 1 over the group and all pixels. A row's result depends neither on its neighbours nor on threads.
Tensor group_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t groups, float eps,
                  const GroupNormOptions& options = {});

// Pixels whose moments are taken together.
inline constexpr int64_t group_norm_chunk = 128;

}  // namespace diptych
