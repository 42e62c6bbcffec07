// Convolution and group norm kernels against their twins in double.
#include "kernels/cpu/conv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <utility>

#include "kernels/cpu/group_norm.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/reference/conv.h"
#include "kernels/cpu/reference/group_norm.h"
#include "kernels/cpu/tolerance.h"
#include "kernels/cpu/winograd.h"
#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

using testing::on_every_instruction_set;
using testing::random_values;
using testing::stored;

std::vector<double> in_double(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}

ConvImage image_of(int64_t height, int64_t width, int64_t channels, int64_t kernel, int64_t stride, int64_t pad,
                   bool upsampled = false, int64_t cut = 0) {
  ConvImage image{};
  image.height = height;
  image.width = width;
  image.channels = channels;
  image.upsampled = upsampled;
  image.seen_height = upsampled ? 2 * height - cut : height;
  image.seen_width = upsampled ? 2 * width - cut : width;
  image.kernel_height = image.kernel_width = kernel;
  image.stride = stride;
  image.pad_top = image.pad_left = pad;
  image.out_height = (image.seen_height + 2 * pad - kernel) / stride + 1;
  image.out_width = (image.seen_width + 2 * pad - kernel) / stride + 1;
  return image;
}

// The values of weights that a type stores.
std::vector<float> values_of(DType type, const std::vector<std::byte>& bytes, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  dequantize_row(type, bytes.data(), values.data(), count);
  return values;
}

struct Convolution {
  ConvImage image;
  int64_t rows, out_channels;  // images, channels of the result
};

// Results and, for their tolerance, the sum of |x| |w| behind each.
struct Expected {
  std::vector<double> y, magnitude;

  Expected(const Convolution& c, int64_t groups, const std::vector<float>& x, const std::vector<float>& w,
           const std::vector<float>& bias) {
    const auto size = static_cast<size_t>(c.image.out_height * c.image.out_width * c.out_channels);
    y.resize(static_cast<size_t>(c.rows) * size);
    magnitude.resize(y.size());
    auto wide_x = in_double(x), wide_w = in_double(w), wide_bias = in_double(bias);
    const auto run = [&](std::vector<double>& out) {
      for (int64_t row = 0; row < c.rows; ++row) {
        reference::conv(wide_x.data() + row * c.image.height * c.image.width * c.image.channels, c.image,
                        c.out_channels, groups, wide_w.data(), wide_bias.empty() ? nullptr : wide_bias.data(),
                        out.data() + static_cast<size_t>(row) * size);
      }
    };
    run(y);
    for (auto* values : {&wide_x, &wide_w, &wide_bias}) {
      for (double& value : *values) value = std::abs(value);
    }
    run(magnitude);
  }
};

std::vector<std::byte> packed_kernel(DType type, const std::vector<std::byte>& source, int64_t out, int64_t in,
                                     int64_t taps) {
  std::vector<std::byte> reordered(source.size()), packed(packed_bytes(type, out, in * taps));
  reorder_taps(dtype_bytes(type, 1), source.data(), in, taps, 0, out, reordered.data());
  pack_rows(type, reordered.data(), out, in * taps, 0, out, packed.data());
  return packed;
}

TEST(ConvKernel, ColumnsTimesWeightsAreTheConvolution) {
  for (const auto& shape : {std::pair{image_of(5, 7, 3, 3, 1, 1), 2},
                            {image_of(6, 4, 8, 3, 2, 1), 2},
                            {image_of(9, 6, 5, 3, 2, 0), 1},
                            {image_of(8, 8, 4, 2, 2, 0), 2},
                            {image_of(3, 2, 6, 3, 1, 1, true), 2},
                            {image_of(3, 3, 6, 3, 1, 1, true, 1), 2},
                            {image_of(4, 5, 7, 1, 1, 0), 1},
                            {image_of(1, 1, 2, 5, 1, 2), 2}}) {
    const ConvImage& image = shape.first;
    const int64_t rows = shape.second;
    const Convolution c{image, rows, 11};
    const int64_t taps = image.kernel_height * image.kernel_width, cols = taps * image.channels;
    const auto x = random_values(rows * image.height * image.width * image.channels, 1),
               bias = random_values(c.out_channels, 2);
    for (const DType type : {DType::f32, DType::f16}) {
      const auto source = stored(type, c.out_channels * cols, 3);
      const Expected expected(c, 1, x, values_of(type, source, c.out_channels * cols), bias);
      const auto packed = packed_kernel(type, source, c.out_channels, image.channels, taps);
      on_every_instruction_set([&] {
        const int64_t pixels = rows * image.out_height * image.out_width;
        std::vector<float> columns(static_cast<size_t>(pixels * cols)), y(expected.y.size());
        im2col(x.data(), image, 0, pixels / 2, columns.data());
        im2col(x.data(), image, pixels / 2, pixels, columns.data() + pixels / 2 * cols);
        matmul(type, packed.data(), c.out_channels, cols, reinterpret_cast<const std::byte*>(columns.data()), pixels, 0,
               c.out_channels, bias.data(), y.data(), c.out_channels);
        for (size_t i = 0; i < y.size(); ++i) {
          ASSERT_NEAR(y[i], expected.y[i], matmul_tolerance(type, cols + 1, expected.magnitude[i])) << i;
        }
      });
    }
  }
}

TEST(ConvKernel, DepthwiseAgreesWithItsTwin) {
  for (const auto& image : {image_of(5, 7, 19, 3, 1, 1), image_of(8, 6, 32, 3, 2, 1), image_of(6, 6, 5, 5, 1, 2),
                            image_of(3, 4, 16, 3, 1, 1, true)}) {
    const Convolution c{image, 2, image.channels};
    const int64_t taps = image.kernel_height * image.kernel_width;
    const auto x = random_values(2 * image.height * image.width * image.channels, 1),
               w = random_values(image.channels * taps, 2), bias = random_values(image.channels, 3);
    const Expected expected(c, image.channels, x, w, bias);
    std::vector<float> by_tap(w.size());
    for (int64_t channel = 0; channel < image.channels; ++channel) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        by_tap[static_cast<size_t>(tap * image.channels + channel)] = w[static_cast<size_t>(channel * taps + tap)];
      }
    }
    on_every_instruction_set([&] {
      std::vector<float> y(expected.y.size());
      const int64_t pixels = 2 * image.out_height * image.out_width;
      depthwise_conv(x.data(), image, by_tap.data(), bias.data(), 0, 5, y.data());
      depthwise_conv(x.data(), image, by_tap.data(), bias.data(), 5, pixels, y.data());
      for (size_t i = 0; i < y.size(); ++i) {
        ASSERT_NEAR(y[i], expected.y[i], matmul_tolerance(DType::f32, taps + 1, expected.magnitude[i])) << i;
      }
    });
  }
}

TEST(WinogradKernel, AgreesWithTheDirectConvolution) {
  for (const auto& shape : {std::pair{image_of(16, 16, 64, 3, 1, 1), int64_t{64}},
                            {image_of(9, 14, 100, 3, 1, 1), 40},
                            {image_of(7, 6, 320, 3, 1, 1, true), 24},
                            {image_of(5, 5, 1280, 3, 1, 1, true, 1), 16},
                            {image_of(3, 5, 33, 3, 1, 1), 7}}) {
    const ConvImage& image = shape.first;
    const int64_t out_channels = shape.second, rows = 2, cols = 9 * image.channels,
                  tiles = rows * winograd_tiles(image);
    const Convolution c{image, rows, out_channels};
    const auto x = random_values(rows * image.height * image.width * image.channels, 1),
               bias = random_values(out_channels, 2);
    for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
      const auto source = stored(type, out_channels * cols, 3);
      const Expected expected(c, 1, x, values_of(type, source, out_channels * cols), bias);
      const auto packed = packed_kernel(type, source, out_channels, image.channels, 9);
      on_every_instruction_set([&] {
        const int64_t group_stride = tiles * regrouped_columns,
                      input_stride = regrouped_groups(image.channels) * group_stride + winograd_gap,
                      weight_stride = image.channels * 16 + winograd_gap, product_stride = tiles * 16 + winograd_gap;
        std::vector<float> v(static_cast<size_t>(36 * input_stride)), y(expected.y.size()),
            u(static_cast<size_t>(36 * weight_stride)), m(static_cast<size_t>(36 * product_stride));
        winograd_input(x.data(), image, 0, tiles, v.data(), group_stride, input_stride);
        for (int64_t row = 0; row < out_channels; row += 16) {
          winograd_weights(type, packed.data(), image.channels, row, 0, image.channels, u.data(), weight_stride);
          for (int64_t k = 0; k < 36; ++k) {
            regrouped_matmul(DType::f32, reinterpret_cast<const std::byte*>(u.data() + k * weight_stride), 16,
                             image.channels, v.data() + k * input_stride, tiles, 0, tiles, 0, 16, nullptr,
                             m.data() + k * product_stride, 16, false);
          }
          winograd_output(m.data(), product_stride, 16, image, 0, tiles, row,
                          static_cast<int>(std::min<int64_t>(16, out_channels - row)), bias.data(), y.data(),
                          out_channels);
        }
        for (size_t i = 0; i < y.size(); ++i) {
          ASSERT_NEAR(y[i], expected.y[i], winograd_tolerance(expected.magnitude[i])) << i;
        }
      });
    }
  }
}

TEST(GroupNormKernel, AgreesWithItsTwin) {
  for (const auto& shape :
       {std::tuple{int64_t{1}, int64_t{8}, int64_t{4}}, {300, 12, 3}, {257, 320, 32}, {40, 100, 1}, {33, 5, 5}}) {
    const int64_t pixels = std::get<0>(shape), channels = std::get<1>(shape), groups = std::get<2>(shape);
    auto x = random_values(pixels * channels, 1);
    for (float& value : x) value += 10;  // a mean far from zero must not cost digits
    const auto w = random_values(channels, 2), b = random_values(channels, 3), shift = random_values(channels, 4);
    for (const bool shifted : {false, true}) {
      for (const bool silu : {false, true}) {
        std::vector<double> expected(x.size());
        reference::group_norm(in_double(x).data(), pixels, channels, groups, in_double(w).data(), in_double(b).data(),
                              shifted ? in_double(shift).data() : nullptr, 1e-5, silu, expected.data());
        on_every_instruction_set([&] {
          const int64_t chunk = 64, chunks = (pixels + chunk - 1) / chunk;
          const auto size = static_cast<size_t>(channels);
          std::vector<float> moments(static_cast<size_t>(chunks) * 2 * size), scale(size), offset(size), y(x.size());
          for (int64_t i = 0; i < chunks; ++i) {
            float* mean = moments.data() + i * 2 * channels;
            channel_moments(x.data() + i * chunk * channels, std::min(chunk, pixels - i * chunk), channels, mean,
                            mean + channels);
          }
          group_norm_factors(
              {pixels, channels, groups, chunk, 1e-5f, w.data(), b.data(), shifted ? shift.data() : nullptr},
              moments.data(), 0, groups, scale.data(), offset.data());
          scale_channels(x.data(), pixels, channels, scale.data(), offset.data(), silu, y.data());
          for (size_t i = 0; i < y.size(); ++i) {
            // x * scale and the offset cancel: both are rounded at the size of the mean over the deviation.
            const double largest = std::abs(static_cast<double>(x[i]) * static_cast<double>(scale[i % size]));
            ASSERT_NEAR(y[i], expected[i], group_norm_tolerance(largest + std::abs(expected[i]))) << i;
          }
        });
      }
    }
  }
}

}  // namespace
}  // namespace diptych::kernels::cpu
