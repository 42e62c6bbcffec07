// Gradients of what Sana and its autoencoder are made of beside the usual layers.
#include "engine/ops/conv.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/grouped_linear.h"
#include "engine/ops/linear_attention.h"
#include "engine/ops/pixel_shuffle.h"
#include "kernels/cpu/reference/linear_attention.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

using testing::check_gradients;
using testing::Doubles;
using Results = std::vector<Doubles>;

struct DepthwiseTrial {
  int64_t height, width, kernel, stride, padding;
  Upsampling upsampling = {};
};

// x [2, height, width, 3], taps [kernel^2, 3], bias [3], in double.
Doubles depthwise(const DepthwiseTrial& t, const Doubles& x, const Doubles& taps, const Doubles& bias) {
  const bool up = t.upsampling.height > 0;
  const int64_t seen_h = up ? t.upsampling.height : t.height, seen_w = up ? t.upsampling.width : t.width;
  const int64_t out_h = (seen_h + 2 * t.padding - t.kernel) / t.stride + 1,
                out_w = (seen_w + 2 * t.padding - t.kernel) / t.stride + 1;
  Doubles y;
  for (int64_t row = 0; row < 2; ++row) {
    for (int64_t oy = 0; oy < out_h; ++oy) {
      for (int64_t ox = 0; ox < out_w; ++ox) {
        for (int64_t c = 0; c < 3; ++c) {
          double sum = bias[static_cast<size_t>(c)];
          for (int64_t tap = 0; tap < t.kernel * t.kernel; ++tap) {
            const int64_t iy = oy * t.stride + tap / t.kernel - t.padding,
                          ix = ox * t.stride + tap % t.kernel - t.padding;
            if (iy < 0 || iy >= seen_h || ix < 0 || ix >= seen_w) continue;
            const int64_t pixel = (row * t.height + (up ? iy / 2 : iy)) * t.width + (up ? ix / 2 : ix);
            sum += x[static_cast<size_t>(pixel * 3 + c)] * taps[static_cast<size_t>(tap * 3 + c)];
          }
          y.push_back(sum);
        }
      }
    }
  }
  return y;
}

TEST(SanaGradient, DepthwiseConv) {
  for (const DepthwiseTrial& t : {DepthwiseTrial{4, 5, 3, 1, 1}, DepthwiseTrial{5, 6, 3, 2, 1},
                                  DepthwiseTrial{6, 5, 5, 1, 2}, DepthwiseTrial{3, 4, 3, 1, 1, {5, 8}}}) {
    const ConvShape shape{.in_channels = 3,
                          .out_channels = 3,
                          .kernel_height = t.kernel,
                          .kernel_width = t.kernel,
                          .stride = t.stride,
                          .padding = padding_on_all_sides(t.padding),
                          .groups = 3};
    check_gradients({.shapes = {{2, t.height, t.width, 3}, {t.kernel * t.kernel, 3}, {3}},
                     .op =
                         [&](Context& ctx, auto& x) {
                           const Conv2d conv{shape, {}, x[1], x[2]};
                           return std::vector{conv2d(ctx, x[0], conv, t.upsampling)};
                         },
                     .reference = [&](const auto& x) { return Results{depthwise(t, x[0], x[1], x[2])}; }});
  }
}

// q, k, v [2 rows * 5, 2 heads, 4], tokens apart.
TEST(SanaGradient, ReluLinearAttention) {
  check_gradients({.shapes = {{10, 6, 4}},
                   .op =
                       [](Context& ctx, auto& x) {
                         const auto part = [&](int64_t i) { return x[0].slice(1, 2 * i, 2 * i + 2); };
                         return std::vector{relu_linear_attention(ctx, {.q = part(0), .k = part(1), .v = part(2)}, 2)};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles y(80);
                         for (size_t row = 0; row < 2; ++row) {
                           for (size_t head = 0; head < 2; ++head) {
                             std::vector<double> state(20);
                             const double* first = x[0].data() + row * 5 * 24 + head * 4;
                             kernels::cpu::reference::relu_attention_state(first + 8, 24, first + 16, 24, 5, 4,
                                                                           state.data());
                             for (size_t t = 0; t < 5; ++t) {
                               kernels::cpu::reference::relu_attention_apply(first + t * 24, state.data(), 4, 1e-15,
                                                                             y.data() + (row * 5 + t) * 8 + head * 4);
                             }
                           }
                         }
                         return Results{y};
                       },
                   .tolerance = 5e-5f});
}

TEST(SanaGradient, PixelShuffles) {
  for (const int64_t repeats : {1, 4}) {
    const int64_t channels = 8 * repeats / 4;
    check_gradients({.shapes = {{2, 2, 3, 8}},
                     .op = [=](Context& ctx, auto& x) { return std::vector{pixel_shuffle(ctx, x[0], 2, repeats)}; },
                     .reference =
                         [=](const auto& x) {
                           Doubles y;
                           for (int64_t line = 0; line < 8; ++line) {  // of both rows
                             for (int64_t column = 0; column < 6; ++column) {
                               for (int64_t c = 0; c < channels; ++c) {
                                 const int64_t source = ((c * 2 + line % 2) * 2 + column % 2) / repeats;
                                 y.push_back(x[0][static_cast<size_t>((line / 2 * 3 + column / 2) * 8 + source)]);
                               }
                             }
                           }
                           return Results{y};
                         }});
  }
  for (const int64_t group : {1, 2}) {
    check_gradients({.shapes = {{1, 4, 6, 3}},
                     .op = [=](Context& ctx, auto& x) { return std::vector{pixel_unshuffle(ctx, x[0], 2, group)}; },
                     .reference =
                         [=](const auto& x) {
                           Doubles y(static_cast<size_t>(6 * 12 / group));
                           for (int64_t pixel = 0; pixel < 6; ++pixel) {
                             for (int64_t i = 0; i < 12; ++i) {
                               const int64_t line = pixel / 3 * 2 + i / 2 % 2, column = pixel % 3 * 2 + i % 2;
                               y[static_cast<size_t>(pixel * 12 / group + i / group)] +=
                                   x[0][static_cast<size_t>((line * 6 + column) * 3 + i / 4)] /
                                   static_cast<double>(group);
                             }
                           }
                           return Results{y};
                         }});
  }
}

TEST(SanaGradient, GroupedLinear) {
  const std::vector<float> a = testing::random_values(2 * 3, 7), b = testing::random_values(4 * 3, 8);
  check_gradients({.shapes = {{5, 6}},
                   .op =
                       [&](Context& ctx, auto& x) {
                         Linear layer;
                         layer.blocks.push_back(
                             {pack_weight(ctx, "a", DType::f32, 2, 3, reinterpret_cast<const std::byte*>(a.data()))});
                         layer.blocks.push_back(
                             {pack_weight(ctx, "b", DType::f32, 4, 3, reinterpret_cast<const std::byte*>(b.data()))});
                         return std::vector{grouped_linear(ctx, x[0], layer)};
                       },
                   .reference =
                       [&](const auto& x) {
                         Doubles y;
                         for (size_t t = 0; t < 5; ++t) {
                           for (size_t row = 0; row < 6; ++row) {
                             double sum = 0;
                             for (size_t i = 0; i < 3; ++i) {
                               sum += x[0][t * 6 + (row < 2 ? i : 3 + i)] *
                                      static_cast<double>(row < 2 ? a[row * 3 + i] : b[(row - 2) * 3 + i]);
                             }
                             y.push_back(sum);
                           }
                         }
                         return Results{y};
                       }});
}

}  // namespace
}  // namespace diptych
