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

// The same in steps, for an image that is only ever seen in bands of lines. Where each band but the last has a multiple
// of group_norm_chunk pixels, the result is that of group_norm, bit for bit.
struct GroupNormMoments {
  Tensor chunks;  // [1, chunks, 2, channels], workspace
  int64_t pixels = 0;
};
GroupNormMoments group_norm_moments(Context& ctx, int64_t pixels, int64_t channels);  // of one row, not filled yet
// x [1, …, channels]: pixels from `first_pixel` on.
void add_band(Context& ctx, const Tensor& x, int64_t first_pixel, GroupNormMoments& moments);
// When all bands were added: [1, 2, channels], each channel's scale and offset.
Tensor group_norm_factors(Context& ctx, const GroupNormMoments& moments, const Tensor& weight, const Tensor& bias,
                          int64_t groups, float eps);
// Of each band, or of any x [rows, …, channels] with factors [rows, 2, channels].
Tensor scale_channels(Context& ctx, const Tensor& x, const Tensor& factors, bool silu);

}  // namespace diptych
