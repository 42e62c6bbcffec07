// Group normalisation (Wu & He 2018) over pixels with channels innermost, f32, in three steps: moments of chunks of
// pixels, one scale and offset per channel from all of them, their application.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// Of each channel over `pixels` pixels: the mean, and the sum of squared distances from that mean. Taken one after the
// other, which cancels nothing.
void channel_moments(const float* x, int64_t pixels, int64_t channels, float* mean, float* squares);

struct GroupNormParams {
  int64_t pixels, channels, groups;
  int64_t chunk;  // pixels of each chunk but the last
  float eps;
  const float* weight;  // [channels]
  const float* bias;    // [channels]
  const float* shift;   // [channels], added to x in front of the norm; or null
};

// Groups [begin, end) of one row: from its chunks' moments [chunks, 2, channels] the scale and offset of each channel,
// such that the result is x * scale + offset. In double, by the rule for joining moments (Chan et al. 1979).
void group_norm_factors(const GroupNormParams& params, const float* moments, int64_t begin, int64_t end, float* scale,
                        float* offset);

// y = x * scale + offset per channel, with `silu` times its sigmoid.
void scale_channels(const float* x, int64_t pixels, int64_t channels, const float* scale, const float* offset,
                    bool silu, float* y);

}  // namespace diptych::kernels::cpu
