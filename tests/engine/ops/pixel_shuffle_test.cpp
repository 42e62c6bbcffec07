#include "engine/ops/pixel_shuffle.h"

#include <gtest/gtest.h>

#include "engine/ops/grouped_linear.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::tensor_of;
using testing::values_of;

// By the definition: channel c of (y, x) within a block is channel (c * side + y) * side + x.
TEST(PixelShuffle, IsItsDefinition) {
  Context ctx(cpu_device, 2);
  const int64_t rows = 2, height = 3, width = 5, channels = 3, side = 2;
  const auto values = random_values(rows * height * width * channels * side * side, 1);
  const Tensor x = tensor_of(ctx, {rows, height, width, channels * side * side}, values);
  const Tensor y = pixel_shuffle(ctx, x, side);
  ASSERT_EQ(y.shape(), (Shape{rows, side * height, side * width, channels}));
  size_t i = 0;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t line = 0; line < side * height; ++line) {
      for (int64_t column = 0; column < side * width; ++column) {
        const int64_t pixel = (row * height + line / side) * width + column / side;
        for (int64_t c = 0; c < channels; ++c, ++i) {
          const int64_t channel = (c * side + line % side) * side + column % side;
          EXPECT_EQ(y.data<float>()[i], values[static_cast<size_t>(pixel * channels * side * side + channel)]) << i;
        }
      }
    }
  }
  EXPECT_EQ(values_of(pixel_unshuffle(ctx, y, side)), values);
}

TEST(PixelShuffle, RepeatsChannelsAndAveragesGroups) {
  Context ctx(cpu_device, 1);
  const Tensor x = tensor_of(ctx, {1, 1, 1, 2}, {1, 5});
  EXPECT_EQ(values_of(pixel_shuffle(ctx, x, 2, 4)), (std::vector<float>{1, 5, 1, 5, 1, 5, 1, 5}));
  EXPECT_EQ(values_of(pixel_shuffle(ctx, x, 2, 2)), (std::vector<float>{1, 1, 5, 5}));
  EXPECT_EQ(values_of(pixel_shuffle(ctx, x, 1, 3)), (std::vector<float>{1, 1, 1, 5, 5, 5}));
  const Tensor image = tensor_of(ctx, {1, 2, 2, 2}, {1, 10, 2, 20, 3, 30, 6, 60});
  EXPECT_EQ(values_of(pixel_unshuffle(ctx, image, 2, 4)), (std::vector<float>{3, 30}));
  EXPECT_EQ(values_of(pixel_unshuffle(ctx, image, 2, 2)), (std::vector<float>{1.5f, 4.5f, 15, 45}));
  EXPECT_EQ(values_of(pixel_unshuffle(ctx, image, 1, 2)), (std::vector<float>{5.5f, 11, 16.5f, 33}));
}

TEST(PixelShuffle, CountsTheSameOnMetaAndOnAnyNumberOfThreads) {
  std::vector<float> first;
  for (const int threads : {1, 3}) {
    Context cpu(cpu_device, threads), meta(meta_device, 1);
    const auto values = random_values(2 * 18 * 22 * 12, 3);
    const Tensor y = pixel_unshuffle(cpu, pixel_shuffle(cpu, tensor_of(cpu, {2, 18, 22, 12}, values), 2, 2), 2, 3);
    pixel_unshuffle(meta, pixel_shuffle(meta, meta.output({2, 18, 22, 12}), 2, 2), 2, 3);
    EXPECT_EQ(cpu.cost().bytes(), meta.cost().bytes());
    EXPECT_EQ(cpu.arena()->use().total_peak_bytes, meta.arena()->use().total_peak_bytes);
    if (first.empty()) first = values_of(y);
    EXPECT_EQ(values_of(y), first);
  }
}

TEST(GroupedLinear, MultipliesEachPartByItsOwnMatrix) {
  Context ctx(cpu_device, 2);
  const int64_t groups = 3, cols = 10, rows = 7, tokens = 11;
  for (const DType type : {DType::f32, DType::bf16}) {
    Linear layer;
    std::vector<std::vector<float>> matrices;
    for (int64_t g = 0; g < groups; ++g) {
      const auto stored = testing::stored_matrix(type, rows, cols, static_cast<uint32_t>(g));
      layer.blocks.push_back({pack_weight(ctx, "w", type, rows, cols, stored.bytes.data())});
      matrices.push_back(stored.values);
    }
    const auto x = random_values(tokens * groups * cols, 9);
    const auto y = values_of(grouped_linear(ctx, tensor_of(ctx, {tokens, groups * cols}, x), layer));
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t g = 0; g < groups; ++g) {
        for (int64_t r = 0; r < rows; ++r) {
          double sum = 0;
          for (int64_t c = 0; c < cols; ++c) {
            sum += static_cast<double>(x[static_cast<size_t>((t * groups + g) * cols + c)]) *
                   matrices[static_cast<size_t>(g)][static_cast<size_t>(r * cols + c)];
          }
          EXPECT_NEAR(y[static_cast<size_t>((t * groups + g) * rows + r)], sum, 1e-6);
        }
      }
    }
  }
}

}  // namespace
}  // namespace diptych
