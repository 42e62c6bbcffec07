#include "engine/ops/group_norm.h"

#include <algorithm>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/cpu/group_norm.h"

namespace diptych::cpu_ops {

void group_norm(ThreadPool& pool, const Tensor& x, const GroupNormWeights& norm, const GroupNormOptions& options,
                Tensor& moments, Tensor& factors, Tensor& y) {
  namespace k = kernels::cpu;
  const int64_t rows = x.dim(0), channels = x.dim(-1), pixels = x.elements() / (rows * channels);
  const int64_t chunks = moments.dim(1);
  pool.parallel_for(rows * chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % chunks * group_norm_chunk;
      float* mean = moments.data<float>() + i * 2 * channels;
      k::channel_moments(x.data<float>() + (i / chunks * pixels + first) * channels,
                         std::min(group_norm_chunk, pixels - first), channels, mean, mean + channels);
    }
  });
  pool.parallel_for(rows * norm.groups, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / norm.groups, group = i % norm.groups;
      const k::GroupNormParams params{.pixels = pixels,
                                      .channels = channels,
                                      .groups = norm.groups,
                                      .chunk = group_norm_chunk,
                                      .eps = norm.eps,
                                      .weight = norm.weight.data<float>(),
                                      .bias = norm.bias.data<float>(),
                                      .shift = options.shift ? options.shift.data<float>() + row * channels : nullptr};
      float* scale = factors.data<float>() + row * 2 * channels;
      k::group_norm_factors(params, moments.data<float>() + row * chunks * 2 * channels, group, group + 1, scale,
                            scale + channels);
    }
  });
  pool.parallel_for(rows * chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % chunks * group_norm_chunk, place = (i / chunks * pixels + first) * channels;
      const float* scale = factors.data<float>() + i / chunks * 2 * channels;
      k::scale_channels(x.data<float>() + place, std::min(group_norm_chunk, pixels - first), channels, scale,
                        scale + channels, options.silu, y.data<float>() + place);
    }
  });
}

}  // namespace diptych::cpu_ops
