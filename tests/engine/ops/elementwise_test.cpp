#include "engine/ops/elementwise.h"

#include <gtest/gtest.h>

#include "engine/ops/activation.h"
#include "engine/ops/join.h"
#include "engine/ops/norm.h"
#include "engine/ops/rope.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::tensor_of;
using testing::values_of;

TEST(Norm, RmsNormAgreesWithItsDefinition) {
  Context ctx(cpu_device, 2);
  for (const int64_t n : {64, 100, 577}) {
    const auto x = random_values(7 * n, 1), w = random_values(n, 2);
    const auto y = values_of(rms_norm(ctx, tensor_of(ctx, {7, n}, x), tensor_of(ctx, {n}, w), 1e-6f));
    for (int64_t r = 0; r < 7; ++r) {
      double squares = 0;
      for (int64_t c = 0; c < n; ++c)
        squares += static_cast<double>(x[static_cast<size_t>(r * n + c)]) * x[static_cast<size_t>(r * n + c)];
      const double factor = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-6);
      for (int64_t c = 0; c < n; ++c) {
        const double expected = x[static_cast<size_t>(r * n + c)] * factor * w[static_cast<size_t>(c)];
        ASSERT_NEAR(y[static_cast<size_t>(r * n + c)], expected, 1e-6 * std::abs(expected) + 1e-9);
      }
    }
  }
}

TEST(Norm, FusedAddGivesTheSameAsTheTwoSteps) {
  Context ctx(cpu_device, 2);
  const int64_t n = 576;
  const Tensor x = tensor_of(ctx, {5, n}, random_values(5 * n, 1)), y = tensor_of(ctx, {5, n}, random_values(5 * n, 2)),
               w = tensor_of(ctx, {n}, random_values(n, 3));
  const auto [sum, normed] = add_rms_norm(ctx, x, y, w, 1e-5f);
  const Tensor expected_sum = add(ctx, x, y);
  EXPECT_EQ(values_of(sum), values_of(expected_sum));
  EXPECT_EQ(values_of(normed), values_of(rms_norm(ctx, expected_sum, w, 1e-5f)));
}

TEST(Norm, HeadsOfStridedRowsAreNormedOneByOne) {
  Context ctx(cpu_device, 2);
  const Tensor qkv = tensor_of(ctx, {3, 5 * 16}, random_values(3 * 5 * 16, 1)),
               w = tensor_of(ctx, {16}, random_values(16, 2));
  const Tensor heads = qkv.slice(1, 16, 64).split_last(3);  // [3, 3, 16] inside rows of 80
  const auto y = values_of(rms_norm(ctx, heads, w, 1e-6f));
  for (int64_t t = 0; t < 3; ++t) {
    for (int64_t h = 0; h < 3; ++h) {
      const std::vector<float> head(heads.data<float>() + t * heads.stride(0) + h * 16,
                                    heads.data<float>() + t * heads.stride(0) + h * 16 + 16);
      const auto expected = values_of(rms_norm(ctx, tensor_of(ctx, {1, 16}, head), w, 1e-6f));
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), y.begin() + (t * 3 + h) * 16));
    }
  }
}

TEST(RopeOp, TurnsPairsInBothStyles) {
  Context ctx(cpu_device, 2);
  for (const RopeStyle style : {RopeStyle::half, RopeStyle::interleaved}) {
    Rope settings{.inverse_frequencies = {1.0f, 0.1f, 0.01f}, .magnitude = 1.5f, .style = style};
    const std::vector<int32_t> positions{0, 3, 1000};
    const auto x = random_values(3 * 2 * 8, 1);  // head_dim 8, six of them rotate
    const auto y = values_of(rope(ctx, tensor_of(ctx, {3, 2, 8}, x), rope_angles(ctx, positions, settings)));
    for (size_t t = 0; t < 3; ++t) {
      for (size_t h = 0; h < 2; ++h) {
        const float *in = &x[(t * 2 + h) * 8], *out = &y[(t * 2 + h) * 8];
        for (size_t i = 0; i < 3; ++i) {
          const size_t a = style == RopeStyle::half ? i : 2 * i, b = style == RopeStyle::half ? i + 3 : 2 * i + 1;
          const double angle = positions[t] * static_cast<double>(settings.inverse_frequencies[i]);
          EXPECT_NEAR(out[a], 1.5 * (in[a] * std::cos(angle) - in[b] * std::sin(angle)), 2e-6);
          EXPECT_NEAR(out[b], 1.5 * (in[b] * std::cos(angle) + in[a] * std::sin(angle)), 2e-6);
        }
        EXPECT_EQ(out[6], in[6]);
        EXPECT_EQ(out[7], in[7]);
      }
    }
  }
}

TEST(Activation, GatedProductsAgreeWithTheirDefinitions) {
  Context ctx(cpu_device, 2);
  const int64_t n = 37;
  for (const int64_t tokens : {1, 6}) {
    const auto x = random_values(tokens * 2 * n, 1, 3.0f);
    const Tensor gate_up = tensor_of(ctx, {tokens, 2 * n}, x);
    const auto silu = values_of(swiglu(ctx, gate_up)), tanh_gelu = values_of(geglu(ctx, gate_up)),
               erf_gelu = values_of(gated_activation(ctx, gate_up, Activation::gelu_erf));
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t c = 0; c < n; ++c) {
        const double g = x[static_cast<size_t>(t * 2 * n + c)], u = x[static_cast<size_t>(t * 2 * n + n + c)];
        const auto i = static_cast<size_t>(t * n + c);
        EXPECT_NEAR(silu[i], g / (1 + std::exp(-g)) * u, 1e-5);
        EXPECT_NEAR(tanh_gelu[i], 0.5 * g * (1 + std::tanh(std::sqrt(2 / M_PI) * (g + 0.044715 * g * g * g))) * u,
                    1e-5);
        EXPECT_NEAR(erf_gelu[i], 0.5 * g * (1 + std::erf(g / std::sqrt(2.0))) * u, 1e-5);
      }
    }
  }
}

TEST(Elementwise, GatherAndSoftCap) {
  Context ctx(cpu_device, 2);
  const Tensor x = tensor_of(ctx, {3, 2}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(values_of(concat(ctx, x, tensor_of(ctx, {3, 1}, {7, 8, 9}), -1)),
            (std::vector<float>{1, 2, 7, 3, 4, 8, 5, 6, 9}));
  EXPECT_EQ(values_of(scale_offset(ctx, x, 2, -1)), (std::vector<float>{1, 3, 5, 7, 9, 11}));
  EXPECT_EQ(values_of(clamp(ctx, x, 2, 5)), (std::vector<float>{2, 2, 3, 4, 5, 5}));
  EXPECT_EQ(values_of(gather_rows(ctx, x, std::vector<int32_t>{2, 0})), (std::vector<float>{5, 6, 1, 2}));
  const auto capped = values_of(soft_cap(ctx, x, 2.0f));
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(capped[i], 2 * std::tanh((static_cast<double>(i) + 1) / 2), 1e-6);
}

}  // namespace
}  // namespace diptych
