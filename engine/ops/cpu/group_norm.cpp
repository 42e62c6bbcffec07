#include "engine/ops/group_norm.h"

#include <algorithm>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/cpu/group_norm.h"

namespace diptych::cpu_ops {
namespace {

namespace k = kernels::cpu;

int64_t pixels_of(const Tensor& x) {
  return x.elements() / (x.dim(0) * x.dim(-1));
}

// body(row, chunk, first pixel, pixels) for each chunk of each row.
template <typename Body>
void for_chunks(ThreadPool& pool, const Tensor& x, const Body& body) {
  const int64_t pixels = pixels_of(x), chunks = (pixels + group_norm_chunk - 1) / group_norm_chunk;
  pool.parallel_for(x.dim(0) * chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % chunks * group_norm_chunk;
      body(i / chunks, i, i / chunks * pixels + first, std::min(group_norm_chunk, pixels - first));
    }
  });
}

}  // namespace

void channel_moments(ThreadPool& pool, const Tensor& x, Tensor& moments) {
  const int64_t channels = x.dim(-1);
  for_chunks(pool, x, [&](int64_t, int64_t chunk, int64_t first, int64_t count) {
    float* mean = moments.data<float>() + chunk * 2 * channels;
    k::channel_moments(x.data<float>() + first * channels, count, channels, mean, mean + channels);
  });
}

void group_norm_factors(ThreadPool& pool, const Tensor& moments, int64_t pixels, const GroupNormWeights& norm,
                        const GroupNormOptions& options, Tensor& factors) {
  const int64_t rows = moments.dim(0), chunks = moments.dim(1), channels = moments.dim(3);
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
}

void scale_channels(ThreadPool& pool, const Tensor& x, const Tensor& factors, bool silu, Tensor& y) {
  const int64_t channels = x.dim(-1);
  for_chunks(pool, x, [&](int64_t row, int64_t, int64_t first, int64_t count) {
    const float* scale = factors.data<float>() + row * 2 * channels;
    k::scale_channels(x.data<float>() + first * channels, count, channels, scale, scale + channels, silu,
                      y.data<float>() + first * channels);
  });
}

void group_norm(ThreadPool& pool, const Tensor& x, const GroupNormWeights& norm, const GroupNormOptions& options,
                Tensor& moments, Tensor& factors, Tensor& y) {
  channel_moments(pool, x, moments);
  group_norm_factors(pool, moments, pixels_of(x), norm, options, factors);
  scale_channels(pool, x, factors, options.silu, y);
}

}  // namespace diptych::cpu_ops
