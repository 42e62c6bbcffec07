// Norms, rotary embedding and elementwise kernels against their twins in double.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/linear_attention.h"
#include "kernels/cpu/norm.h"
#include "kernels/cpu/reference/elementwise.h"
#include "kernels/cpu/reference/linear_attention.h"
#include "kernels/cpu/reference/norm.h"
#include "kernels/cpu/reference/rope.h"
#include "kernels/cpu/rope.h"
#include "kernels/cpu/tolerance.h"
#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

using testing::on_every_instruction_set;
using testing::random_values;

std::vector<double> widened(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}

TEST(NormKernel, AgreesWithItsTwinAndWithTheFusedForm) {
  for (const int64_t cols : {1, 15, 64, 100, 577, 2048}) {
    const int64_t rows = 3, stride = cols + 5;
    const auto x = random_values(rows * stride, 1), y = random_values(rows * stride, 2), w = random_values(cols, 3);
    std::vector<double> sum(x.size()), expected(x.size());
    reference::add_rms_norm(widened(x).data(), stride, widened(y).data(), stride, widened(w).data(), 1.0, 1e-6, cols, 0,
                            rows, sum.data(), stride, expected.data(), stride);
    on_every_instruction_set([&] {
      std::vector<float> added(x.size()), normed(x.size()), again(x.size());
      add_rms_norm(x.data(), stride, y.data(), stride, w.data(), 1.0f, 1e-6f, cols, 0, rows, added.data(), stride,
                   normed.data(), stride);
      rms_norm(added.data(), stride, w.data(), 1.0f, 1e-6f, cols, 1, rows, again.data(), stride);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < cols; ++c) {
          const auto i = static_cast<size_t>(r * stride + c);
          ASSERT_EQ(added[i], x[i] + y[i]);
          // The sum itself is rounded before it is normed.
          const double slack = norm_tolerance(cols) * std::abs(expected[i]) +
                               half_epsilon * std::abs(expected[i] / sum[i] * (std::abs(x[i]) + std::abs(y[i])));
          ASSERT_NEAR(normed[i], expected[i], slack + 1e-12) << cols << " columns, row " << r << " column " << c;
          ASSERT_TRUE(r == 0 || again[i] == normed[i]);
        }
      }
    });
  }
}

TEST(LayerNormKernel, AgreesWithItsTwin) {
  for (const int64_t cols : {1, 15, 64, 100, 577, 2048}) {
    const int64_t rows = 3, stride = cols + 5;
    auto x = random_values(rows * stride, 1);
    for (float& value : x) value += 10;  // a mean far from zero must not cost digits
    const auto w = random_values(cols, 2), b = random_values(cols, 3);
    for (const bool affine : {true, false}) {
      std::vector<double> expected(x.size());
      reference::layer_norm(widened(x).data(), stride, affine ? widened(w).data() : nullptr,
                            affine ? widened(b).data() : nullptr, 1e-5, cols, 0, rows, expected.data(), stride);
      on_every_instruction_set([&] {
        std::vector<float> y(x.size()), in_place = x;
        layer_norm(x.data(), stride, affine ? w.data() : nullptr, affine ? b.data() : nullptr, 1e-5f, cols, 0, rows,
                   y.data(), stride);
        layer_norm(in_place.data(), stride, affine ? w.data() : nullptr, affine ? b.data() : nullptr, 1e-5f, cols, 0,
                   rows, in_place.data(), stride);
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t c = 0; c < cols; ++c) {
            const auto i = static_cast<size_t>(r * stride + c);
            // x - mean inherits the rounding of a mean of values around 10; variances here are about 1/3.
            const double slack =
                (norm_tolerance(cols) + half_epsilon) * (std::abs(expected[i]) + 1) + 64 * half_epsilon;
            ASSERT_NEAR(y[i], expected[i], slack) << cols << " columns, row " << r << " column " << c;
            ASSERT_EQ(in_place[i], y[i]);
          }
        }
      });
    }
  }
}

TEST(LayerNormKernel, ModulatedAgreesWithItsTwin) {
  for (const int64_t cols : {1, 15, 64, 577}) {
    const int64_t rows = 3, stride = cols + 5;
    const auto x = random_values(rows * stride, 1), scale = random_values(cols, 2), shift = random_values(cols, 3);
    std::vector<double> expected(x.size());
    reference::layer_norm_modulate(widened(x).data(), stride, widened(scale).data(), widened(shift).data(), 1e-6, cols,
                                   0, rows, expected.data(), stride);
    on_every_instruction_set([&] {
      std::vector<float> y(x.size());
      layer_norm_modulate(x.data(), stride, scale.data(), shift.data(), 1e-6f, cols, 0, rows, y.data(), stride);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < cols; ++c) {
          const auto i = static_cast<size_t>(r * stride + c);
          const double offset = std::abs(static_cast<double>(shift[static_cast<size_t>(c)]));
          const double slack = (norm_tolerance(cols) + 3 * half_epsilon) * (std::abs(expected[i]) + offset + 1);
          ASSERT_NEAR(y[i], expected[i], slack) << cols << " columns, row " << r << " column " << c;
        }
      }
    });
  }
}

TEST(LinearAttentionKernel, AgreesWithItsTwin) {
  for (const int64_t head_dim : {1, 15, 32, 40}) {
    const int64_t tokens = 50, stride = head_dim + 3;
    const auto k = random_values(tokens * stride, 1), v = random_values(tokens * stride, 2),
               q = random_values(head_dim, 3);
    std::vector<double> state(static_cast<size_t>(head_dim * (head_dim + 1))), expected(q.size());
    reference::relu_attention_state(widened(k).data(), stride, widened(v).data(), stride, tokens, head_dim,
                                    state.data());
    reference::relu_attention_apply(widened(q).data(), state.data(), head_dim, 1e-15, expected.data());
    on_every_instruction_set([&] {
      std::vector<float> sums(state.size()), y(q.size());
      relu_attention_state(k.data(), stride, v.data(), stride, tokens, head_dim, sums.data());
      relu_attention_apply(q.data(), sums.data(), head_dim, 1e-15f, y.data());
      // y is a mean of the values, weighted by what is not negative: off by the roundings of both sums.
      const double slack = 2 * static_cast<double>(tokens + head_dim + 4) * half_epsilon * 4;
      for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], slack) << head_dim << " wide, " << i;
    });
  }
}

TEST(RopeKernel, AgreesWithItsTwin) {
  for (const RopeStyle style : {RopeStyle::half_split, RopeStyle::interleaved}) {
    for (const auto& dims : {std::pair{64, 64}, {20, 12}, {80, 80}, {256, 128}, {2, 2}}) {
      const int head_dim = dims.first, rotary_dim = dims.second;
      const int heads = 3, rows = 4;
      const int64_t stride = heads * head_dim + 7;
      const auto x = random_values(rows * stride, 1), frequencies = random_values(rotary_dim / 2, 2, 0.1f);
      const std::vector<int32_t> positions{0, 5, 4096, 131071};
      const auto cells = static_cast<size_t>(rows * rotary_dim / 2);
      std::vector<float> cos(cells), sin(cells);
      std::vector<double> exact_cos(cells), exact_sin(cells), expected(x.size());
      rope_table(positions.data(), 0, rows, frequencies.data(), rotary_dim, 1.25f, cos.data(), sin.data());
      reference::rope_table(positions.data(), 0, rows, widened(frequencies).data(), rotary_dim, 1.25, exact_cos.data(),
                            exact_sin.data());
      for (size_t i = 0; i < cells; ++i) {
        ASSERT_NEAR(cos[i], exact_cos[i], 1e-7);
        ASSERT_NEAR(sin[i], exact_sin[i], 1e-7);
      }
      reference::rope(style, widened(x).data(), stride, heads, head_dim, rotary_dim, exact_cos.data(), exact_sin.data(),
                      0, rows, expected.data(), stride);
      on_every_instruction_set([&] {
        std::vector<float> y(x.size()), in_place = x;
        rope(style, x.data(), stride, heads, head_dim, rotary_dim, cos.data(), sin.data(), 0, 2, y.data(), stride);
        rope(style, x.data(), stride, heads, head_dim, rotary_dim, cos.data(), sin.data(), 2, rows, y.data(), stride);
        rope(style, in_place.data(), stride, heads, head_dim, rotary_dim, cos.data(), sin.data(), 0, rows,
             in_place.data(), stride);
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t c = 0; c < heads * head_dim; ++c) {
            const auto i = static_cast<size_t>(r * stride + c);
            ASSERT_NEAR(y[i], expected[i], 4 * half_epsilon * 10) << "row " << r << " value " << c;
            ASSERT_EQ(in_place[i], y[i]);
          }
        }
      });
    }
  }
}

// Values over the whole range that a function distinguishes, the odd ones included.
std::vector<float> sweep() {
  std::vector<float> x{0.0f, -0.0f, 1e-30f, -1e-30f, 88.0f, -88.0f, 120.0f, -120.0f, 3e4f, -3e4f};
  for (int i = -3000; i <= 3000; ++i) x.push_back(static_cast<float>(i) * 0.00717f);
  return x;
}

TEST(ElementwiseKernel, ActivationsAgreeWithTheirTwins) {
  const std::vector<float> x = sweep(), up = random_values(static_cast<int64_t>(x.size()), 4);
  const auto count = static_cast<int64_t>(x.size());
  for (const Activation kind :
       {Activation::silu, Activation::gelu_tanh, Activation::gelu_erf, Activation::quick_gelu, Activation::relu}) {
    std::vector<double> expected(x.size());
    reference::gated(kind, widened(x).data(), widened(up).data(), count, expected.data());
    on_every_instruction_set([&] {
      std::vector<float> y(x.size()), pieces(x.size());
      gated(kind, x.data(), up.data(), count, y.data());
      gated(kind, x.data(), up.data(), 37, pieces.data());
      gated(kind, x.data() + 37, up.data() + 37, count - 37, pieces.data() + 37);
      EXPECT_EQ(pieces, y);
      std::vector<float> plain(x.size());
      activate(kind, x.data(), count, plain.data());
      for (size_t i = 0; i < x.size(); ++i) {
        // The exponent's own rounding grows with its size: e^-z is off by |z| half epsilons.
        const double scale = std::abs(static_cast<double>(up[i])) * std::max(1.0, std::abs(static_cast<double>(x[i])));
        ASSERT_NEAR(y[i], expected[i], activation_tolerance * scale + 1e-36)
            << static_cast<int>(kind) << " of " << x[i];
        ASSERT_EQ(plain[i] * up[i], y[i]) << static_cast<int>(kind) << " of " << x[i];
      }
    });
  }
}

TEST(ElementwiseKernel, SoftCapAgreesWithItsTwin) {
  const std::vector<float> x = sweep();
  const auto count = static_cast<int64_t>(x.size());
  for (const float cap : {1.0f, 30.0f}) {
    std::vector<double> expected(x.size());
    reference::softcap(widened(x).data(), static_cast<double>(cap), count, expected.data());
    on_every_instruction_set([&] {
      std::vector<float> y(x.size());
      softcap(x.data(), cap, count, y.data());
      for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_NEAR(y[i], expected[i], activation_tolerance * std::abs(expected[i])) << x[i] << " capped at " << cap;
      }
    });
  }
}

TEST(ElementwiseKernel, GatedSumAgreesWithItsTwin) {
  const auto x = random_values(1003, 1), gate = random_values(1003, 2), y = random_values(1003, 3);
  std::vector<double> expected(x.size());
  reference::gated_add(widened(x).data(), widened(gate).data(), widened(y).data(), 1003, expected.data());
  on_every_instruction_set([&] {
    std::vector<float> sum(x.size());
    gated_add(x.data(), gate.data(), y.data(), 1003, sum.data());
    for (size_t i = 0; i < x.size(); ++i) {
      const double magnitude = std::abs(static_cast<double>(x[i])) + std::abs(static_cast<double>(gate[i]) * y[i]);
      ASSERT_NEAR(sum[i], expected[i], 2 * half_epsilon * magnitude);
    }
  });
}

TEST(ElementwiseKernel, SumsAndProductsAreExact) {
  const auto x = random_values(1003, 1), y = random_values(1003, 2);
  on_every_instruction_set([&] {
    std::vector<float> sum(x.size()), scaled(x.size());
    add(x.data(), y.data(), 1003, sum.data());
    scale(x.data(), 1.7f, 1003, scaled.data());
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(sum[i], x[i] + y[i]);
      ASSERT_EQ(scaled[i], x[i] * 1.7f);
    }
  });
}

TEST(ElementwiseKernel, ScalingAndClampingAgreeWithTheirTwins) {
  const auto x = random_values(1003, 1, 3.0f);
  std::vector<double> scaled(x.size()), clamped(x.size());
  reference::scale_offset(widened(x).data(), 0.5, -1.25, 1003, scaled.data());
  reference::clamp(widened(x).data(), -2.0, 4.0, 1003, clamped.data());
  on_every_instruction_set([&] {
    std::vector<float> y(x.size()), within(x.size());
    scale_offset(x.data(), 0.5f, -1.25f, 1003, y.data());
    clamp(x.data(), -2.0f, 4.0f, 1003, within.data());
    for (size_t i = 0; i < x.size(); ++i) {
      // Targets without a fused multiply-add round the product as well.
      ASSERT_NEAR(y[i], scaled[i], 2 * half_epsilon * (std::abs(static_cast<double>(x[i])) + 1.25));
      ASSERT_EQ(within[i], clamped[i]);
    }
  });
}

}  // namespace
}  // namespace diptych::kernels::cpu
