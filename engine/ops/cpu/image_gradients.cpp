#include "engine/ops/cpu/image_gradients.h"

#include <algorithm>
#include <vector>

#include "engine/ops/cpu/conv_image.h"
#include "engine/ops/group_norm.h"
#include "kernels/cpu/conv_backward.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/group_norm_backward.h"

namespace diptych::cpu_ops {
namespace {

namespace k = kernels::cpu;

constexpr int64_t channel_range = 64;

// What the sums of one row's channels come to.
struct RowSums {
  std::vector<double> gradient, product, normed;  // [channels]: see group_norm_gradient_sums
};

// In the order of the chunks.
RowSums row_sums(const Tensor& sums, int64_t row) {
  const int64_t chunks = sums.dim(1), channels = sums.dim(3);
  const auto count = static_cast<size_t>(channels);
  RowSums total{std::vector<double>(count), std::vector<double>(count), std::vector<double>(count)};
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    const float* part = sums.data<float>() + (row * chunks + chunk) * 3 * channels;
    for (size_t c = 0; c < count; ++c) {
      total.gradient[c] += static_cast<double>(part[c]);
      total.product[c] += static_cast<double>(part[count + c]);
      total.normed[c] += static_cast<double>(part[2 * count + c]);
    }
  }
  return total;
}

// The means over each group that its values' gradients have in common, and what parameters get.
struct RowPulls {
  std::vector<float> level, pull;  // [channels]
};

RowPulls pulls_of(const RowSums& sums, int64_t row, int64_t pixels, GroupNormGradients& gradients) {
  const int64_t channels = gradients.weight.elements(), each = channels / gradients.groups;
  const float *weight = gradients.weight.data<float>(), *scale = gradients.factors.data<float>() + row * 2 * channels;
  const auto count = static_cast<double>(pixels * each);
  RowPulls pulls{std::vector<float>(static_cast<size_t>(channels)), std::vector<float>(static_cast<size_t>(channels))};
  for (int64_t first = 0; first < channels; first += each) {
    double level = 0, pull = 0;
    for (int64_t c = first; c < first + each; ++c) {
      const auto i = static_cast<size_t>(c);
      level += static_cast<double>(weight[c]) * sums.gradient[i] / count;
      pull += static_cast<double>(weight[c]) * sums.product[i] / count;
    }
    for (int64_t c = first; c < first + each; ++c) {
      const auto i = static_cast<size_t>(c);
      pulls.level[i] = static_cast<float>(level);
      pulls.pull[i] = static_cast<float>(pull);
      if (gradients.dweight) gradients.dweight.data<float>()[c] += static_cast<float>(sums.product[i]);
      if (gradients.dbias) gradients.dbias.data<float>()[c] += static_cast<float>(sums.gradient[i]);
      if (gradients.dshift) {
        gradients.dshift.data<float>()[row * gradients.dshift.stride(0) + c] += static_cast<float>(
            static_cast<double>(scale[c]) * (static_cast<double>(weight[c]) * sums.gradient[i] -
                                             level * static_cast<double>(pixels) - pull * sums.normed[i]));
      }
    }
  }
  return pulls;
}

}  // namespace

void group_norm_gradients(ThreadPool& pool, const Tensor& x, const Tensor& dy, GroupNormGradients& gradients) {
  const int64_t rows = x.dim(0), channels = x.dim(-1), pixels = x.elements() / (rows * channels);
  const int64_t chunks = gradients.sums.dim(1);
  // body(row's norm, row, chunk, first value, pixels) for every chunk.
  const auto for_chunks = [&](const auto& body) {
    pool.parallel_for(rows * chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t row = i / chunks, first = i % chunks * group_norm_chunk;
        const float* scale = gradients.factors.data<float>() + row * 2 * channels;
        const k::GroupNormBackward norm{.channels = channels,
                                        .scale = scale,
                                        .offset = scale + channels,
                                        .weight = gradients.weight.data<float>(),
                                        .bias = gradients.bias.data<float>(),
                                        .silu = gradients.silu};
        body(norm, row, i, (row * pixels + first) * channels, std::min(group_norm_chunk, pixels - first));
      }
    });
  };
  for_chunks([&](const k::GroupNormBackward& norm, int64_t, int64_t chunk, int64_t value, int64_t count) {
    k::group_norm_gradient_sums(norm, x.data<float>() + value, dy.data<float>() + value, count,
                                gradients.sums.data<float>() + chunk * 3 * channels);
  });
  std::vector<RowPulls> pulls;
  for (int64_t row = 0; row < rows; ++row)
    pulls.push_back(pulls_of(row_sums(gradients.sums, row), row, pixels, gradients));
  if (!gradients.dx) return;
  for_chunks([&](const k::GroupNormBackward& norm, int64_t row, int64_t, int64_t value, int64_t count) {
    const RowPulls& of_row = pulls[static_cast<size_t>(row)];
    k::group_norm_gradients(norm, x.data<float>() + value, dy.data<float>() + value, count, of_row.level.data(),
                            of_row.pull.data(), gradients.dx.data<float>() + value);
  });
}

void pack_turned(ThreadPool& pool, const Weight& weight, const ConvShape& shape, int64_t first, int64_t channels,
                 Tensor& packed) {
  const k::TurnedPart part{shape.out_channels, shape.in_channels, shape.taps(), first, channels};
  pool.parallel_for(shape.out_channels, 16, [&](int64_t begin, int64_t end) {
    k::pack_turned(weight.dtype, weight.packed.raw(), part, begin, end, packed.data<float>());
  });
}

// By channels: neighbouring pixels share what they were taken from.
void add_columns(ThreadPool& pool, const Tensor& columns, const ConvShape& shape, const Upsampling& upsampling,
                 int64_t first_pixel, Tensor& dx) {
  const k::ConvImage image = conv_image(dx, shape, upsampling);
  pool.parallel_for(image.channels, channel_range, [&](int64_t begin, int64_t end) {
    k::add_columns(columns.data<float>(), image, first_pixel, first_pixel + columns.dim(0), begin, end,
                   dx.data<float>());
  });
}

void add_upsampled(ThreadPool& pool, const Tensor& d, const Upsampling& upsampling, Tensor& dx) {
  const k::ConvImage image = conv_image(dx, {}, upsampling);
  pool.parallel_for(dx.dim(0) * image.height, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / image.height;
      k::add_upsampled_line(d.data<float>() + row * d.stride(0), image, i % image.height, dx.stride(2),
                            dx.data<float>() + row * dx.stride(0));
    }
  });
}

void average_pool_gradients(ThreadPool& pool, const Tensor& dy, Tensor& dx) {
  const int64_t height = dx.dim(1), width = dx.dim(2), channels = dx.dim(3), out_width = dy.dim(2);
  pool.parallel_for(dx.dim(0) * height, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / height, y = i % height;
      for (int64_t x = 0; x < width; ++x) {
        // As many as the pixel of the result is the mean of.
        const int64_t count = (y / 2 * 2 + 1 < height ? 2 : 1) * (x / 2 * 2 + 1 < width ? 2 : 1);
        k::add_scaled(dy.data<float>() + row * dy.stride(0) + (y / 2 * out_width + x / 2) * channels,
                      1.0f / static_cast<float>(count), channels, dx.data<float>() + (i * width + x) * channels);
      }
    }
  });
}

}  // namespace diptych::cpu_ops
