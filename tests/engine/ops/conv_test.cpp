// conv2d and group_norm against their definitions, and what must not change a row: its neighbours and threads.
#include "engine/ops/conv.h"

#include <gtest/gtest.h>

#include "engine/ops/group_norm.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/winograd.h"
#include "kernels/cpu/reference/conv.h"
#include "kernels/cpu/reference/group_norm.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::stored_matrix;
using testing::StoredMatrix;
using testing::tensor_of;
using testing::values_of;

struct Case {
  const char* name;
  int64_t rows, height, width;
  ConvShape shape;
  Upsampling upsampling = {};
  DType dtype = DType::f32;
};

class ConvOp : public ::testing::TestWithParam<Case> {};

StoredMatrix kernel_of(const Case& c) {
  return stored_matrix(c.dtype, c.shape.out_channels, c.shape.taps() * c.shape.in_channels / c.shape.groups, 3);
}

Conv2d packed(Context& ctx, const Case& c) {
  const StoredMatrix kernel = kernel_of(c);
  return pack_conv2d(ctx, "w", c.dtype, c.shape, kernel.bytes.data(),
                     tensor_of(ctx, {c.shape.out_channels}, random_values(c.shape.out_channels, 2)));
}

std::vector<float> input_of(const Case& c) {
  return random_values(c.rows * c.height * c.width * c.shape.in_channels, 1);
}

std::vector<float> run(Context& ctx, const Case& c, const std::vector<float>& x) {
  const int64_t rows = static_cast<int64_t>(x.size()) / (c.height * c.width * c.shape.in_channels);
  return values_of(
      conv2d(ctx, tensor_of(ctx, {rows, c.height, c.width, c.shape.in_channels}, x), packed(ctx, c), c.upsampling));
}

std::vector<double> expected_of(const Case& c) {
  const bool upsampled = c.upsampling.height > 0;
  kernels::cpu::ConvImage image{};
  image.height = c.height;
  image.width = c.width;
  image.channels = c.shape.in_channels;
  image.upsampled = upsampled;
  image.seen_height = upsampled ? c.upsampling.height : c.height;
  image.seen_width = upsampled ? c.upsampling.width : c.width;
  image.kernel_height = c.shape.kernel_height;
  image.kernel_width = c.shape.kernel_width;
  image.stride = c.shape.stride;
  image.pad_top = c.shape.padding.top;
  image.pad_left = c.shape.padding.left;
  image.out_height = c.shape.out_height(image.seen_height);
  image.out_width = c.shape.out_width(image.seen_width);
  const auto x = input_of(c), bias = random_values(c.shape.out_channels, 2), w = kernel_of(c).values;
  const std::vector<double> wide_x(x.begin(), x.end()), wide_w(w.begin(), w.end()), wide_b(bias.begin(), bias.end());
  const int64_t size = image.out_height * image.out_width * c.shape.out_channels;
  std::vector<double> y(static_cast<size_t>(c.rows * size));
  for (int64_t row = 0; row < c.rows; ++row) {
    kernels::cpu::reference::conv(wide_x.data() + row * c.height * c.width * c.shape.in_channels, image,
                                  c.shape.out_channels, c.shape.groups, wide_w.data(), wide_b.data(),
                                  y.data() + row * size);
  }
  return y;
}

TEST_P(ConvOp, AgreesWithTheDefinition) {
  const Case& c = GetParam();
  Context ctx(cpu_device, 2);
  const std::vector<float> y = run(ctx, c, input_of(c));
  const std::vector<double> expected = expected_of(c);
  ASSERT_EQ(y.size(), expected.size());
  // Values are about 1, weights 0.05: results about 0.05 sqrt(products), their roundings far below.
  const double inputs = static_cast<double>(c.shape.taps() * c.shape.in_channels);
  for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 1e-6 * (1 + 0.1 * inputs)) << i;
}

TEST_P(ConvOp, DependsNeitherOnTheBatchNorOnThreads) {
  const Case& c = GetParam();
  const std::vector<float> x = input_of(c);
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const std::vector<float> together = run(ctx, c, x);
    if (first.empty()) first = together;
    EXPECT_EQ(together, first) << threads << " threads";
    std::vector<float> apart;
    for (int64_t row = 0; row < c.rows; ++row) {
      const auto size = static_cast<int64_t>(x.size()) / c.rows;
      const auto one = run(ctx, c, {x.begin() + row * size, x.begin() + (row + 1) * size});
      apart.insert(apart.end(), one.begin(), one.end());
    }
    EXPECT_EQ(apart, first) << "row by row with " << threads << " threads";
  }
}

TEST_P(ConvOp, NeedsThePredictedMemory) {
  const Case& c = GetParam();
  Context cpu(cpu_device, 2), meta(meta_device, 2);
  for (Context* ctx : {&cpu, &meta}) {
    Tensor x = ctx->output({c.rows, c.height, c.width, c.shape.in_channels});
    const StoredMatrix kernel = kernel_of(c);
    const Conv2d conv = pack_conv2d(*ctx, "w", c.dtype, c.shape, ctx->is_meta() ? nullptr : kernel.bytes.data(), {});
    if (!ctx->is_meta()) std::ranges::copy(input_of(c), x.data<float>());
    conv2d(*ctx, x, conv, c.upsampling);
  }
  EXPECT_EQ(cpu.arena()->use().peak_bytes, meta.arena()->use().peak_bytes);
  EXPECT_EQ(cpu.cost().flops, meta.cost().flops);
  EXPECT_EQ(cpu.cost().bytes(), meta.cost().bytes());
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ConvOp,
    ::testing::Values(
        Case{"small", 3, 5, 7, {.in_channels = 4, .out_channels = 10}},
        Case{"halved", 2, 9, 6, {.in_channels = 8, .out_channels = 8, .stride = 2}, {}, DType::bf16},
        Case{"padded_below", 2, 8, 6, {.in_channels = 8, .out_channels = 5, .stride = 2, .padding = {0, 0, 1, 1}}},
        Case{"single_pixels", 2, 4, 5, {20, 12, 1, 1, 1, {}}, {}, DType::f16},
        Case{"patches", 2, 8, 12, {4, 40, 2, 2, 2, {}}},
        Case{"upsampled", 2, 3, 4, {.in_channels = 6, .out_channels = 9}, {6, 7}},
        Case{"depthwise", 2, 6, 5, {.in_channels = 24, .out_channels = 24, .groups = 24}, {}, DType::f16},
        Case{"many_blocks", 2, 24, 24, {.in_channels = 60, .out_channels = 20}},
        Case{"winograd", 2, 18, 25, {.in_channels = 64, .out_channels = 72}, {}, DType::f16},
        Case{"winograd_upsampled", 2, 9, 10, {.in_channels = 80, .out_channels = 64}, {17, 20}},
        Case{"winograd_blocks", 1, 40, 44, {.in_channels = 640, .out_channels = 64}, {}, DType::bf16}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Winograd, IsForManyChannelsOfLargeImages) {
  const ConvShape wide{.in_channels = 320, .out_channels = 320};
  EXPECT_TRUE(winograd_pays(wide, 64, 64));
  EXPECT_TRUE(winograd_pays(wide, 16, 16));
  EXPECT_FALSE(winograd_pays(wide, 2, 2));
  EXPECT_FALSE(winograd_pays({.in_channels = 320, .out_channels = 4}, 64, 64));
  EXPECT_FALSE(winograd_pays({.in_channels = 320, .out_channels = 320, .stride = 2}, 64, 64));
  EXPECT_FALSE(winograd_pays({320, 320, 1, 1, 1, {}}, 64, 64));
}

TEST(GroupNorm, AgreesWithTheDefinitionInAnyBatch) {
  const int64_t rows = 3, pixels = 300, channels = 24, groups = 4;
  const auto x = random_values(rows * pixels * channels, 1), w = random_values(channels, 2),
             b = random_values(channels, 3), shift = random_values(rows * channels, 4);
  const std::vector<double> wide_w(w.begin(), w.end()), wide_b(b.begin(), b.end());
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const auto normed = [&](int64_t begin, int64_t end) {
      const std::vector<float> some(x.begin() + begin * pixels * channels, x.begin() + end * pixels * channels),
          shifts(shift.begin() + begin * channels, shift.begin() + end * channels);
      return values_of(group_norm(ctx, tensor_of(ctx, {end - begin, 15, 20, channels}, some),
                                  tensor_of(ctx, {channels}, w), tensor_of(ctx, {channels}, b), groups, 1e-5f,
                                  {.silu = true, .shift = tensor_of(ctx, {end - begin, channels}, shifts)}));
    };
    const std::vector<float> y = normed(0, rows);
    if (first.empty()) first = y;
    EXPECT_EQ(y, first) << threads << " threads";
    for (int64_t row = 0; row < rows; ++row) {
      const std::vector<float> alone = normed(row, row + 1);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), y.begin() + row * pixels * channels)) << row;
      const std::vector<double> one(x.begin() + row * pixels * channels, x.begin() + (row + 1) * pixels * channels),
          by(shift.begin() + row * channels, shift.begin() + (row + 1) * channels);
      std::vector<double> expected(one.size());
      kernels::cpu::reference::group_norm(one.data(), pixels, channels, groups, wide_w.data(), wide_b.data(), by.data(),
                                          1e-5, true, expected.data());
      for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(alone[i], expected[i], 5e-6) << i;
    }
  }
}

TEST(ImageLayout, TurnsAndTurnsBack) {
  Context ctx(cpu_device, 2);
  const Tensor x = tensor_of(ctx, {2, 3, 2, 2}, random_values(24, 1));
  const Tensor y = channels_last(ctx, x);
  ASSERT_EQ(y.shape(), (Shape{2, 2, 2, 3}));
  EXPECT_EQ(y.data<float>()[(1 * 4 + 2) * 3 + 1], x.data<float>()[(1 * 3 + 1) * 4 + 2]);
  EXPECT_EQ(values_of(channels_first(ctx, y)), values_of(x));
}

}  // namespace
}  // namespace diptych
