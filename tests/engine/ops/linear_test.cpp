#include "engine/ops/linear.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/core/error.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::stored_matrix;
using testing::StoredMatrix;
using testing::tensor_of;
using testing::values_of;

struct Case {
  DType dtype;
  int64_t rows, cols;
};

class LinearOp : public ::testing::TestWithParam<Case> {};

// Bound of one output: rounding of the products in f32, and for block types the activations' 8-bit grid (half a step of
// each block's largest value over 127; a second level is 254 times finer), both against the sum of absolute products.
double bound(const float* w, const float* x, int64_t cols, bool quantized, Activations activations) {
  double magnitude = 0, grid = 0;
  for (int64_t begin = 0; begin < cols; begin += 32) {
    double largest = 0, weights = 0;
    for (int64_t c = begin; c < std::min(cols, begin + 32); ++c) {
      largest = std::max(largest, std::abs(static_cast<double>(x[c])));
      weights += std::abs(static_cast<double>(w[c]));
      magnitude += std::abs(static_cast<double>(w[c]) * x[c]);
    }
    grid += largest / 127 / 2 * weights;
  }
  if (activations == Activations::fine) grid /= 254;
  return static_cast<double>(cols) * 6e-8 * magnitude + 1e-6 * magnitude + (quantized ? 1.01 * grid : 0) + 1e-7;
}

TEST_P(LinearOp, AgreesWithTheDequantizedMatrix) {
  const auto [dtype, rows, cols] = GetParam();
  Context ctx(cpu_device, 2);
  const StoredMatrix matrix = stored_matrix(dtype, rows, cols, 1);
  const std::vector<float> bias = random_values(rows, 2);
  Linear layer;
  layer.blocks.push_back({pack_weight(ctx, "w", dtype, rows, cols, matrix.bytes.data()), tensor_of(ctx, {rows}, bias)});
  const int64_t tokens = 5;
  const std::vector<float> x = random_values(tokens * cols, 3);
  for (const Activations activations : {Activations::int8, Activations::fine}) {
    layer.activations = activations;
    const std::vector<float> y = values_of(linear(ctx, tensor_of(ctx, {tokens, cols}, x), layer));
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t r = 0; r < rows; ++r) {
        double expected = bias[static_cast<size_t>(r)];
        for (int64_t c = 0; c < cols; ++c)
          expected += static_cast<double>(matrix.values[static_cast<size_t>(r * cols + c)]) *
                      x[static_cast<size_t>(t * cols + c)];
        EXPECT_NEAR(y[static_cast<size_t>(t * rows + r)], expected,
                    bound(&matrix.values[static_cast<size_t>(r * cols)], &x[static_cast<size_t>(t * cols)], cols,
                          is_quantized(dtype), activations))
            << "token " << t << " row " << r << (activations == Activations::fine ? " fine" : "");
      }
    }
  }
}

TEST_P(LinearOp, RoundsNoActivationsInF32) {
  const auto [dtype, rows, cols] = GetParam();
  Context ctx(cpu_device, 2);
  const StoredMatrix matrix = stored_matrix(dtype, rows, cols, 1);
  const std::vector<float> bias = random_values(rows, 2), x = random_values(3 * cols, 3);
  Linear layer;
  layer.blocks.push_back({pack_weight(ctx, "w", dtype, rows, cols, matrix.bytes.data()), tensor_of(ctx, {rows}, bias)});
  ctx.arithmetic = Arithmetic::f32;
  const std::vector<float> y = values_of(linear(ctx, tensor_of(ctx, {3, cols}, x), layer));
  for (int64_t i = 0; i < 3 * rows; ++i) {
    const float* w = &matrix.values[static_cast<size_t>(i % rows * cols)];
    const float* values = &x[static_cast<size_t>(i / rows * cols)];
    double expected = bias[static_cast<size_t>(i % rows)];
    for (int64_t c = 0; c < cols; ++c) expected += static_cast<double>(w[c]) * values[c];
    EXPECT_NEAR(y[static_cast<size_t>(i)], expected, bound(w, values, cols, false, Activations::int8)) << i;
  }
}

TEST_P(LinearOp, DependsNeitherOnTheBatchNorOnThreads) {
  const auto [dtype, rows, cols] = GetParam();
  const StoredMatrix matrix = stored_matrix(dtype, rows, cols, 4);
  const int64_t tokens = 19;
  const std::vector<float> x = random_values(tokens * cols, 5);
  for (const Activations activations : {Activations::int8, Activations::fine}) {
    std::vector<float> first;
    for (const int threads : {1, 2, 3}) {
      Context ctx(cpu_device, threads);
      Linear layer;
      layer.blocks.push_back({pack_weight(ctx, "w", dtype, rows, cols, matrix.bytes.data()), {}});
      layer.activations = activations;
      const Tensor input = tensor_of(ctx, {tokens, cols}, x);
      const std::vector<float> whole = values_of(linear(ctx, input, layer));
      if (first.empty()) first = whole;
      EXPECT_EQ(whole, first) << threads << " threads";
      std::vector<float> pieces;
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {1, 8}, {8, 19}}) {
        const std::vector<float> piece = values_of(linear(ctx, input.slice(0, begin, end), layer));
        pieces.insert(pieces.end(), piece.begin(), piece.end());
      }
      EXPECT_EQ(pieces, first) << threads << " threads, cut";
    }
  }
}

TEST_P(LinearOp, EmbeddingGivesTheExactRows) {
  const auto [dtype, rows, cols] = GetParam();
  Context ctx(cpu_device, 2);
  const StoredMatrix matrix = stored_matrix(dtype, rows, cols, 6);
  const Weight table = pack_weight(ctx, "w", dtype, rows, cols, matrix.bytes.data());
  const std::vector<int32_t> ids{static_cast<int32_t>(rows - 1), 0, 3};
  const std::vector<float> y = values_of(embedding(ctx, table, ids));
  for (size_t i = 0; i < ids.size(); ++i) {
    for (int64_t c = 0; c < cols; ++c)
      EXPECT_EQ(y[i * static_cast<size_t>(cols) + static_cast<size_t>(c)],
                matrix.values[static_cast<size_t>(ids[i] * cols + c)]);
  }
  EXPECT_THROW(embedding(ctx, table, std::vector<int32_t>{static_cast<int32_t>(rows)}), Error);
  EXPECT_THROW(embedding(ctx, table, std::vector<int32_t>{-1}), Error);
}

INSTANTIATE_TEST_SUITE_P(Types, LinearOp,
                         ::testing::Values(Case{DType::f32, 37, 100}, Case{DType::f16, 33, 70},
                                           Case{DType::bf16, 48, 129}, Case{DType::q4_0, 40, 96},
                                           Case{DType::q4_1, 64, 576}, Case{DType::q5_0, 17, 640},
                                           Case{DType::q5_1, 16, 64}, Case{DType::q8_0, 100, 160},
                                           Case{DType::q4_k, 40, 512}, Case{DType::q5_k, 24, 256},
                                           Case{DType::q6_k, 33, 768}),
                         [](const auto& info) { return std::string(dtype_name(info.param.dtype)); });

TEST(LinearGroups, RowBlocksOfDifferentTypesStandSideBySide) {
  Context ctx(cpu_device, 2);
  const int64_t cols = 64;
  const StoredMatrix a = stored_matrix(DType::q8_0, 20, cols, 7), b = stored_matrix(DType::f32, 7, cols, 8),
                     c = stored_matrix(DType::q4_1, 16, cols, 9);
  const auto block = [&](const StoredMatrix& m, DType dtype, int64_t rows) {
    return RowBlock{pack_weight(ctx, "w", dtype, rows, cols, m.bytes.data()), {}};
  };
  Linear group, single_a, single_b, single_c;
  group.blocks = {block(a, DType::q8_0, 20), block(b, DType::f32, 7), block(c, DType::q4_1, 16)};
  single_a.blocks = {block(a, DType::q8_0, 20)};
  single_b.blocks = {block(b, DType::f32, 7)};
  single_c.blocks = {block(c, DType::q4_1, 16)};
  const Tensor x = tensor_of(ctx, {3, cols}, random_values(3 * cols, 10));
  const Tensor y = linear(ctx, x, group);
  ASSERT_EQ(y.shape(), (Shape{3, 43}));
  const std::vector<float> ya = values_of(linear(ctx, x, single_a)), yb = values_of(linear(ctx, x, single_b)),
                           yc = values_of(linear(ctx, x, single_c));
  for (int64_t t = 0; t < 3; ++t) {
    for (int64_t r = 0; r < 43; ++r) {
      const float expected = r < 20   ? ya[static_cast<size_t>(t * 20 + r)]
                             : r < 27 ? yb[static_cast<size_t>(t * 7 + r - 20)]
                                      : yc[static_cast<size_t>(t * 16 + r - 27)];
      EXPECT_EQ(y.data<float>()[t * 43 + r], expected);
    }
  }
}

// Strassen's method pairs tokens of one sample (kernels/cpu/strassen.h).
TEST(LinearOfSamples, DependsOnNoOtherSampleAndCostsAnEighthLess) {
  constexpr int64_t samples = 2, tokens = 512, cols = 1536, rows = 768, layer_rows = 2 * rows;
  Context ctx(cpu_device, 2);
  Linear layer;
  for (const uint32_t seed : {1u, 2u}) {
    const StoredMatrix matrix = stored_matrix(DType::f16, rows, cols, seed);
    layer.blocks.push_back({pack_weight(ctx, "w", DType::f16, rows, cols, matrix.bytes.data()),
                            tensor_of(ctx, {rows}, random_values(rows, seed + 2))});
  }
  const Tensor x = tensor_of(ctx, {samples * tokens, cols}, random_values(samples * tokens * cols, 5));
  const auto flops_of = [&](auto&& compute) {
    const double before = ctx.cost().flops;
    compute();
    return ctx.cost().flops - before;
  };
  std::vector<float> plain, halved, alone;
  const double all = flops_of([&] { plain = values_of(linear(ctx, x, layer)); });
  {
    const SamplesScope both(ctx, samples);
    EXPECT_EQ(flops_of([&] { halved = values_of(linear(ctx, x, layer)); }), all * 7 / 8);
  }
  EXPECT_EQ(ctx.samples, 0);
  for (int64_t sample = 0; sample < samples; ++sample) {
    const SamplesScope one(ctx, 1);
    const std::vector<float> y = values_of(linear(ctx, x.slice(0, sample * tokens, (sample + 1) * tokens), layer));
    alone.insert(alone.end(), y.begin(), y.end());
  }
  EXPECT_EQ(alone, halved);
  EXPECT_NE(plain, halved);
  double error = 0, norm = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    error += std::pow(static_cast<double>(plain[i]) - halved[i], 2);
    norm += std::pow(static_cast<double>(plain[i]), 2);
  }
  EXPECT_LT(std::sqrt(error / norm), 2e-6);
  const SamplesScope odd(ctx, 3);  // 1024 tokens are not those of three samples
  EXPECT_EQ(values_of(linear(ctx, x, layer)), plain);
  static_assert(layer_rows >= 1536);
}

}  // namespace
}  // namespace diptych
