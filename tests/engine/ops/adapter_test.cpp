// Adapters on the fly against weights that they are multiplied into, over plain and block-quantized types.
#include "engine/ops/adapter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "engine/ops/adapter_math.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::stored_matrix;
using testing::StoredMatrix;
using testing::tensor_of;
using testing::values_of;

constexpr int64_t tokens = 7, cols = 256;

struct AdaptedBlock {
  RowBlock block;
  std::vector<float> merged;  // [rows, cols], what the block then stands for
};

// With low-rank factors, a matrix of its own, and gains, as the flags say.
struct Kinds {
  int64_t rank = 0;
  bool dense = false, gain = false;
};

AdaptedBlock adapted(Context& ctx, DType type, int64_t rows, const Kinds& kinds, uint32_t seed) {
  const StoredMatrix w = stored_matrix(type, rows, cols, seed);
  AdaptedBlock result;
  result.block.weight = pack_weight(ctx, "w", type, rows, cols, ctx.is_meta() ? nullptr : w.bytes.data());
  result.block.bias = ctx.output({rows}, DType::f32, Owner::weights);
  result.block.adapter = std::make_shared<BlockAdapter>();
  result.merged = w.values;
  const std::vector<float> bias = random_values(rows, seed + 1), gain = random_values(rows, seed + 2),
                           up = random_values(rows * kinds.rank, seed + 3, 0.2f),
                           down = random_values(kinds.rank * cols, seed + 4, 0.2f),
                           dense = random_values(rows * cols, seed + 5, 0.05f);
  const auto matrix = [&](int64_t m, int64_t n, const std::vector<float>& values) {
    return pack_weight(ctx, "a", DType::f32, m, n, reinterpret_cast<const std::byte*>(values.data()));
  };
  BlockAdapter& adapter = *result.block.adapter;
  if (kinds.rank > 0) {
    adapter.up = matrix(rows, kinds.rank, up);
    adapter.down = matrix(kinds.rank, cols, down);
  }
  if (kinds.dense) adapter.dense = matrix(rows, cols, dense);
  if (kinds.gain) {
    adapter.gain = ctx.output({rows}, DType::f32, Owner::weights);
    adapter.offset = ctx.output({rows}, DType::f32, Owner::weights);
  }
  if (ctx.is_meta()) return result;
  std::ranges::copy(bias, result.block.bias.data<float>());
  for (int64_t row = 0; row < rows; ++row) {
    const auto r = static_cast<size_t>(row);
    if (kinds.gain) {
      adapter.gain.data<float>()[row] = gain[r];
      adapter.offset.data<float>()[row] = (1 - gain[r]) * bias[r];
    }
    for (int64_t col = 0; col < cols; ++col) {
      const auto i = static_cast<size_t>(row * cols + col);
      if (kinds.gain) result.merged[i] *= gain[r];
      if (kinds.dense) result.merged[i] += dense[i];
      for (int64_t k = 0; k < kinds.rank; ++k) {
        result.merged[i] += up[static_cast<size_t>(row * kinds.rank + k)] * down[static_cast<size_t>(k * cols + col)];
      }
    }
  }
  return result;
}

class Adapters : public ::testing::TestWithParam<DType> {};

TEST_P(Adapters, GiveWhatTheMergedWeightGives) {
  Context ctx(cpu_device, 2);
  const std::vector<float> x = random_values(tokens * cols, 9);
  const std::vector<Kinds> kinds{
      {4, false, false}, {0, false, false}, {3, true, true}, {0, true, false}, {17, false, true}};
  Linear layer, base;
  std::vector<AdaptedBlock> blocks;
  for (size_t i = 0; i < kinds.size(); ++i) {
    blocks.push_back(
        adapted(ctx, GetParam(), 20 + static_cast<int64_t>(i), kinds[i], static_cast<uint32_t>(10 * i + 1)));
    layer.blocks.push_back(blocks.back().block);
    base.blocks.push_back(blocks.back().block);
    base.blocks.back().adapter = nullptr;
  }
  layer.activations = base.activations = Activations::fine;
  const Tensor input = tensor_of(ctx, {tokens, cols}, x);
  for (const Arithmetic arithmetic : {Arithmetic::f32, Arithmetic::usual}) {
    ctx.arithmetic = arithmetic;
    const bool reduced = is_quantized(GetParam()) && arithmetic == Arithmetic::usual;
    const Tensor y = linear(ctx, input, layer);
    int64_t column = 0;
    for (const AdaptedBlock& one : blocks) {
      for (int64_t t = 0; t < tokens; ++t) {
        for (int64_t row = 0; row < one.block.weight.rows; ++row) {
          double expected = one.block.bias.data<float>()[row], magnitude = 1;
          for (int64_t c = 0; c < cols; ++c) {
            const double product = static_cast<double>(one.merged[static_cast<size_t>(row * cols + c)]) *
                                   x[static_cast<size_t>(t * cols + c)];
            expected += product;
            magnitude += std::abs(product);
          }
          // Rounding of activations to two 8-bit levels where the weight is quantized, of sums in f32 elsewhere.
          EXPECT_NEAR(y.data<float>()[t * y.dim(1) + column + row], expected, magnitude * (reduced ? 1e-4 : 1e-5))
              << "token " << t << " column " << column + row;
        }
      }
      column += one.block.weight.rows;
    }
  }
  for (RowBlock& block : layer.blocks) *block.adapter = {};
  EXPECT_EQ(values_of(linear(ctx, input, layer)), values_of(linear(ctx, input, base)));
}

INSTANTIATE_TEST_SUITE_P(Types, Adapters,
                         ::testing::Values(DType::f32, DType::f16, DType::bf16, DType::q8_0, DType::q4_k),
                         [](const auto& info) { return std::string(dtype_name(info.param)); });

TEST(AdapterOps, DependNeitherOnTheBatchNorOnThreads) {
  const int64_t many = 230;  // more than every way to spread them asks for
  const std::vector<float> x = random_values(many * cols, 3);
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const Linear layer{{adapted(ctx, DType::q8_0, 33, {16, true, true}, 5).block,
                        adapted(ctx, DType::f32, 20, {5, false, false}, 6).block}};
    const Tensor input = tensor_of(ctx, {many, cols}, x);
    const std::vector<float> whole = values_of(linear(ctx, input, layer));
    if (first.empty()) first = whole;
    EXPECT_EQ(whole, first) << threads << " threads";
    std::vector<float> pieces;
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {1, 30}, {30, 230}}) {
      const std::vector<float> piece = values_of(linear(ctx, input.slice(0, begin, end), layer));
      pieces.insert(pieces.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(pieces, first) << threads << " threads, cut";
  }
}

struct ConvCase {
  ConvShape shape;
  Upsampling upsampling = {};
};

// A convolution's adapter is one of its own with fewer channels between: against the kernel that both make together.
TEST(AdapterOps, ConvolutionsHaveThem) {
  const ConvShape plain{.in_channels = 6, .out_channels = 10};
  ConvShape strided = plain;
  strided.stride = 2;
  for (const auto& [shape, upsampling] : {ConvCase{plain}, ConvCase{strided}, ConvCase{plain, {9, 10}}}) {
    Context ctx(cpu_device, 2);
    const int64_t rank = 3, columns = shape.taps() * shape.in_channels;
    std::vector<float> w = random_values(shape.out_channels * columns, 1, 0.1f);
    const std::vector<float> up = random_values(shape.out_channels * rank, 2), down = random_values(rank * columns, 3),
                             dense = random_values(shape.out_channels * columns, 4, 0.1f);
    Conv2d conv = pack_conv2d(ctx, "w", DType::f32, shape, reinterpret_cast<const std::byte*>(w.data()), {});
    conv.matrix.blocks.front().adapter = std::make_shared<BlockAdapter>();
    BlockAdapter& adapter = *conv.matrix.blocks.front().adapter;
    adapter.up = pack_values(ctx, "up", nullptr, tensor_of(ctx, {shape.out_channels, rank}, up));
    adapter.down = pack_values(ctx, "down", &shape, tensor_of(ctx, {rank, columns}, down));
    adapter.dense = pack_values(ctx, "dense", &shape, tensor_of(ctx, {shape.out_channels, columns}, dense));
    for (size_t i = 0; i < w.size(); ++i) {
      w[i] += dense[i];
      const size_t row = i / static_cast<size_t>(columns), column = i % static_cast<size_t>(columns);
      for (size_t k = 0; k < 3; ++k) w[i] += up[row * 3 + k] * down[k * static_cast<size_t>(columns) + column];
    }
    const Conv2d merged = pack_conv2d(ctx, "w", DType::f32, shape, reinterpret_cast<const std::byte*>(w.data()), {});
    const Tensor x = tensor_of(ctx, {2, 5, 5, shape.in_channels}, random_values(2 * 5 * 5 * shape.in_channels, 5));
    const std::vector<float> y = values_of(conv2d(ctx, x, conv, upsampling)),
                             expected = values_of(conv2d(ctx, x, merged, upsampling));
    ASSERT_EQ(y.size(), expected.size());
    for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 2e-4) << i;
  }
}

TEST(AdapterOps, RepackingGivesTheValuesBack) {
  Context ctx(cpu_device, 2);
  const ConvShape kernel{.in_channels = 5, .out_channels = 7};
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    const StoredMatrix before = stored_matrix(type, 7, 45, 1), after = stored_matrix(type, 7, 45, 2);
    for (const ConvShape* shape : {static_cast<const ConvShape*>(nullptr), &kernel}) {
      const auto packed = [&](const StoredMatrix& m) {
        if (shape == nullptr) return pack_weight(ctx, "w", type, 7, 45, m.bytes.data());
        return pack_conv2d(ctx, "w", type, kernel, m.bytes.data(), {}).matrix.blocks.front().weight;
      };
      const Weight weight = packed(before), expected = packed(after);
      repack(ctx, weight, shape, tensor_of(ctx, {7, 45}, after.values));
      EXPECT_EQ(0, std::memcmp(weight.packed.raw(), expected.packed.raw(), static_cast<size_t>(weight.bytes())));
    }
  }
}

TEST(AdapterOps, AreCountedAsTheyRun) {
  const auto run = [](Device device) {
    Context ctx(device, 2);
    const Linear layer{{adapted(ctx, DType::q8_0, 32, {16, false, true}, 5).block,
                        adapted(ctx, DType::f32, 20, {4, true, false}, 6).block}};
    const Tensor x = ctx.output({tokens, cols});
    if (!ctx.is_meta()) std::ranges::fill(x.span<float>(), 1.0f);
    const double before = ctx.cost().flops;
    linear(ctx, x, layer);
    return std::pair{ctx.cost().flops - before, ctx.arena()->use().total_peak_bytes};
  };
  const auto meta = run(meta_device), cpu = run(cpu_device);
  EXPECT_EQ(meta, cpu);
  const double base = 2.0 * tokens * cols * 52, ranks = 2.0 * tokens * (20 * cols + 16 * 32 + 4 * 20);
  EXPECT_EQ(cpu.first, base + ranks + 2.0 * tokens * 20 * cols + 2.0 * tokens * 32);
}

}  // namespace
}  // namespace diptych
