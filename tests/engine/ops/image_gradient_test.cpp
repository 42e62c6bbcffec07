#include <array>

#include "engine/ops/adapter.h"
#include "engine/ops/average_pool.h"
#include "engine/ops/conv.h"
#include "engine/ops/group_norm.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/join.h"
#include "engine/ops/modulate.h"
#include "engine/ops/patch.h"
#include "kernels/cpu/reference/conv.h"
#include "kernels/cpu/reference/norm.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

namespace r = kernels::cpu::reference;
using testing::check_gradients;
using testing::Doubles;
using Results = std::vector<Doubles>;

struct ConvTrial {
  ConvShape shape;
  int64_t rows, height, width;
  Upsampling upsampling = {};
};

// y[r, oy, ox, o] in double, kernels in the file's order [out, in, y, x].
Doubles convolve(const Doubles& x, const std::vector<float>& kernel, const std::vector<float>& bias,
                 const ConvTrial& trial) {
  const ConvShape& s = trial.shape;
  const bool up = trial.upsampling.height > 0;
  const int64_t seen_h = up ? trial.upsampling.height : trial.height,
                seen_w = up ? trial.upsampling.width : trial.width;
  const int64_t out_h = s.out_height(seen_h), out_w = s.out_width(seen_w);
  Doubles y(static_cast<size_t>(trial.rows * out_h * out_w * s.out_channels));
  size_t at = 0;
  for (int64_t row = 0; row < trial.rows; ++row) {
    for (int64_t oy = 0; oy < out_h; ++oy) {
      for (int64_t ox = 0; ox < out_w; ++ox) {
        for (int64_t o = 0; o < s.out_channels; ++o, ++at) {
          y[at] = static_cast<double>(bias[static_cast<size_t>(o)]);
          for (int64_t i = 0; i < s.kernel_height; ++i) {
            for (int64_t j = 0; j < s.kernel_width; ++j) {
              const int64_t iy = oy * s.stride + i - s.padding.top, ix = ox * s.stride + j - s.padding.left;
              if (iy < 0 || iy >= seen_h || ix < 0 || ix >= seen_w) continue;
              const int64_t pixel = (row * trial.height + (up ? iy / 2 : iy)) * trial.width + (up ? ix / 2 : ix);
              for (int64_t c = 0; c < s.in_channels; ++c) {
                const int64_t tap = ((o * s.in_channels + c) * s.kernel_height + i) * s.kernel_width + j;
                y[at] += static_cast<double>(kernel[static_cast<size_t>(tap)]) *
                         x[static_cast<size_t>(pixel * s.in_channels + c)];
              }
            }
          }
        }
      }
    }
  }
  return y;
}

TEST(ImageGradient, Conv2d) {
  const ConvTrial trials[] = {
      {{.in_channels = 3, .out_channels = 5}, 2, 4, 5},
      {{.in_channels = 4, .out_channels = 3, .stride = 2}, 1, 5, 6},
      {{.in_channels = 4, .out_channels = 6, .stride = 2, .padding = {0, 0, 1, 1}}, 2, 6, 4},
      {{.in_channels = 5, .out_channels = 4, .kernel_height = 1, .kernel_width = 1, .padding = {}}, 2, 3, 3},
      {{.in_channels = 3, .out_channels = 4}, 1, 3, 4, {.height = 5, .width = 8}},
      {{.in_channels = 2, .out_channels = 3, .kernel_height = 2, .kernel_width = 2, .padding = {}}, 1, 4, 4},
  };
  for (const ConvTrial& trial : trials) {
    const ConvShape& s = trial.shape;
    const std::vector<float> kernel = testing::random_values(s.out_channels * s.in_channels * s.taps(), 7),
                             bias = testing::random_values(s.out_channels, 8);
    check_gradients({.shapes = {{trial.rows, trial.height, trial.width, s.in_channels}},
                     .op =
                         [&](Context& ctx, auto& x) {
                           const Conv2d conv =
                               pack_conv2d(ctx, "k", DType::f32, s, reinterpret_cast<const std::byte*>(kernel.data()),
                                           testing::tensor_of(ctx, {s.out_channels}, bias));
                           return std::vector{conv2d(ctx, x[0], conv, trial.upsampling)};
                         },
                     .reference = [&](const auto& x) { return Results{convolve(x[0], kernel, bias, trial)}; }});
  }
}

// Large enough for Winograd's method both ways; against the direct sum.
TEST(ImageGradient, Conv2dByWinograd) {
  Context ctx(cpu_device, 2);
  const ConvTrial trial{{.in_channels = 64, .out_channels = 72}, 1, 24, 24};
  const ConvShape& s = trial.shape;
  const std::vector<float> kernel = testing::random_values(s.out_channels * s.in_channels * 9, 7, 0.05f);
  const Conv2d conv = pack_conv2d(ctx, "k", DType::f32, s, reinterpret_cast<const std::byte*>(kernel.data()), {});
  const Tensor x = testing::tensor_of(ctx, {1, 24, 24, 64}, testing::random_values(24 * 24 * 64, 1));
  const Tensor dx = zeros(ctx, x.shape());
  Tape tape;
  tape.watch(x, dx);
  ctx.tape = &tape;
  const Tensor y = conv2d(ctx, x, conv);
  ctx.tape = nullptr;
  const std::vector<float> dy = testing::random_values(y.elements(), 2);
  tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
  for (const auto& place : {std::array<int64_t, 2>{0, 0}, {5, 7}, {23, 23}, {0, 12}}) {
    const int64_t py = place[0], px = place[1];
    for (int64_t c = 0; c < 64; ++c) {
      double sum = 0;
      for (int64_t i = 0; i < 3; ++i) {
        for (int64_t j = 0; j < 3; ++j) {
          const int64_t oy = py - i + 1, ox = px - j + 1;
          if (oy < 0 || oy >= 24 || ox < 0 || ox >= 24) continue;
          for (int64_t o = 0; o < 72; ++o) {
            sum += static_cast<double>(dy[static_cast<size_t>((oy * 24 + ox) * 72 + o)]) *
                   static_cast<double>(kernel[static_cast<size_t>(((o * 64 + c) * 3 + i) * 3 + j)]);
          }
        }
      }
      EXPECT_NEAR(dx.data<float>()[(py * 24 + px) * 64 + c], sum, 1e-4) << py << " " << px << " " << c;
    }
  }
}

// A kernel in training: [out, (y, x, in)] as it is packed; and its bias.
TEST(ImageGradient, Conv2dOfTrainedKernels) {
  Context ctx(cpu_device, 2);
  const ConvTrial trial{{.in_channels = 3, .out_channels = 4, .stride = 2}, 2, 5, 7};
  const ConvShape& s = trial.shape;
  const std::vector<float> kernel = testing::random_values(4 * 3 * 9, 7), bias = testing::random_values(4, 8),
                           input = testing::random_values(2 * 5 * 7 * 3, 1);
  const Conv2d conv = pack_conv2d(ctx, "k", DType::f32, s, reinterpret_cast<const std::byte*>(kernel.data()),
                                  testing::tensor_of(ctx, {4}, bias));
  const Tensor dw = zeros(ctx, {4, 27}), db = zeros(ctx, {4});
  Tape tape;
  tape.watch(conv.matrix.blocks[0].weight.packed, dw);
  tape.watch(conv.matrix.blocks[0].bias, db);
  ctx.tape = &tape;
  const Tensor y = conv2d(ctx, testing::tensor_of(ctx, {2, 5, 7, 3}, input), conv);
  ctx.tape = nullptr;
  const std::vector<float> dy = testing::random_values(y.elements(), 2);
  tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
  const Doubles x(input.begin(), input.end());
  const auto loss = [&](const std::vector<float>& k, const std::vector<float>& b) {
    const Doubles result = convolve(x, k, b, trial);
    double sum = 0;
    for (size_t i = 0; i < result.size(); ++i) sum += result[i] * static_cast<double>(dy[i]);
    return sum;
  };
  for (int64_t o = 0; o < 4; ++o) {
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t tap = 0; tap < 9; ++tap) {
        std::vector<float> changed = kernel;
        changed[static_cast<size_t>((o * 3 + c) * 9 + tap)] += 0.5f;  // the loss is linear in the kernel
        const double step = static_cast<double>(changed[static_cast<size_t>((o * 3 + c) * 9 + tap)]) -
                            static_cast<double>(kernel[static_cast<size_t>((o * 3 + c) * 9 + tap)]);
        EXPECT_NEAR(dw.data<float>()[o * 27 + tap * 3 + c], (loss(changed, bias) - loss(kernel, bias)) / step, 1e-4);
      }
    }
    std::vector<float> changed = bias;
    changed[static_cast<size_t>(o)] += 1;
    const double step =
        static_cast<double>(changed[static_cast<size_t>(o)]) - static_cast<double>(bias[static_cast<size_t>(o)]);
    EXPECT_NEAR(db.data<float>()[o], (loss(kernel, changed) - loss(kernel, bias)) / step, 1e-4);
  }
}

TEST(ImageGradient, GroupNorm) {
  for (const bool silu : {false, true}) {
    for (const bool shifted : {false, true}) {
      check_gradients({.shapes = {{2, 3, 5, 6}, {6}, {6}, {2, 6}},
                       .op =
                           [=](Context& ctx, auto& x) {
                             return std::vector{group_norm(ctx, x[0], x[1], x[2], 2, 1e-5f,
                                                           {.silu = silu, .shift = shifted ? x[3] : Tensor()})};
                           },
                       .reference =
                           [=](const auto& x) {
                             Doubles y(x[0].size());
                             for (size_t row = 0; row < 2; ++row) {
                               for (size_t group = 0; group < 2; ++group) {
                                 const auto value = [&](size_t pixel, size_t c) {
                                   return x[0][(row * 15 + pixel) * 6 + group * 3 + c] +
                                          (shifted ? x[3][row * 6 + group * 3 + c] : 0.0);
                                 };
                                 double mean = 0, squares = 0;
                                 for (size_t p = 0; p < 15; ++p) {
                                   for (size_t c = 0; c < 3; ++c) mean += value(p, c) / 45;
                                 }
                                 for (size_t p = 0; p < 15; ++p) {
                                   for (size_t c = 0; c < 3; ++c) squares += std::pow(value(p, c) - mean, 2) / 45;
                                 }
                                 for (size_t p = 0; p < 15; ++p) {
                                   for (size_t c = 0; c < 3; ++c) {
                                     const size_t channel = group * 3 + c;
                                     const double z = (value(p, c) - mean) /
                                                          std::sqrt(squares + static_cast<double>(1e-5f)) *
                                                          x[1][channel] +
                                                      x[2][channel];
                                     y[(row * 15 + p) * 6 + channel] = silu ? z / (1 + std::exp(-z)) : z;
                                   }
                                 }
                               }
                             }
                             return Results{y};
                           },
                       .tolerance = 5e-5f});
    }
  }
}

// More pixels than a chunk has.
TEST(ImageGradient, GroupNormOfManyPixels) {
  Context ctx(cpu_device, 2);
  const std::vector<float> values = testing::random_values(20 * 20 * 4, 1), dy = testing::random_values(20 * 20 * 4, 2);
  std::vector<std::vector<float>> results;
  for (const int64_t pixels : {400}) {
    const Tensor x = testing::tensor_of(ctx, {1, pixels, 4}, values);
    const Tensor weight = testing::tensor_of(ctx, {4}, {1, 2, 3, 4}), bias = zeros(ctx, {4});
    const Tensor dx = zeros(ctx, x.shape());
    Tape tape;
    tape.watch(x, dx);
    ctx.tape = &tape;
    const Tensor y = group_norm(ctx, x, weight, bias, 1, 1e-5f);
    ctx.tape = nullptr;
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
    // The norm takes mean and length away: gradients are orthogonal to ones and, nearly, to x.
    double sum = 0, along = 0, length = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const auto gradient = static_cast<double>(dx.data<float>()[i]);
      sum += gradient;
      along += gradient * static_cast<double>(values[i]);
      length += std::abs(gradient);
    }
    EXPECT_NEAR(sum / length, 0, 1e-5);
    EXPECT_NEAR(along / length, 0, 1e-4);
  }
}

TEST(ImageGradient, LayerNormModulate) {
  check_gradients({.shapes = {{6, 10}, {2, 30}},  // two images, conditions in parts of a wider row
                   .op =
                       [](Context& ctx, auto& x) {
                         return std::vector{
                             layer_norm_modulate(ctx, x[0], x[1].slice(1, 10, 20), x[1].slice(1, 0, 10), 1e-6f)};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles y(60);
                         for (int64_t row = 0; row < 6; ++row) {
                           const double* condition = x[1].data() + row / 3 * 30;
                           r::layer_norm_modulate(x[0].data() + row * 10, 10, condition + 10, condition,
                                                  static_cast<double>(1e-6f), 10, 0, 1, y.data() + row * 10, 10);
                         }
                         return Results{y};
                       }});
}

TEST(ImageGradient, GatedAdd) {
  check_gradients({.shapes = {{6, 5}, {2, 5}, {6, 5}},
                   .op = [](Context& ctx, auto& x) { return std::vector{gated_add(ctx, x[0], x[1], x[2])}; },
                   .reference =
                       [](const auto& x) {
                         Doubles y(30);
                         for (size_t i = 0; i < 30; ++i) y[i] = x[0][i] + x[1][i / 15 * 5 + i % 5] * x[2][i];
                         return Results{y};
                       }});
}

TEST(ImageGradient, Moves) {
  check_gradients({.shapes = {{2, 3, 4}, {2, 5, 4}},
                   .op =
                       [](Context& ctx, auto& x) {
                         const Tensor joined = concat(ctx, x[0], x[1], 1);  // [2, 8, 4]
                         return std::vector{contiguous(ctx, joined.slice(1, 2, 6))};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles y;
                         for (size_t row = 0; row < 2; ++row) {
                           for (size_t line = 2; line < 6; ++line) {
                             for (size_t i = 0; i < 4; ++i) {
                               y.push_back(line < 3 ? x[0][(row * 3 + line) * 4 + i]
                                                    : x[1][(row * 5 + line - 3) * 4 + i]);
                             }
                           }
                         }
                         return Results{y};
                       }});
  check_gradients({.shapes = {{2, 3, 4, 5}},
                   .op = [](Context& ctx, auto& x) { return std::vector{channels_last(ctx, x[0])}; },
                   .reference =
                       [](const auto& x) {
                         Doubles y(x[0].size());
                         for (size_t row = 0; row < 2; ++row) {
                           for (size_t c = 0; c < 3; ++c) {
                             for (size_t p = 0; p < 20; ++p) y[(row * 20 + p) * 3 + c] = x[0][(row * 3 + c) * 20 + p];
                           }
                         }
                         return Results{y};
                       }});
  for (const PatchOrder order : {PatchOrder::channels_first, PatchOrder::channels_last}) {
    const PatchForm form{.side = 2, .order = order};
    const auto place = [order](size_t token, size_t c, size_t dy, size_t dx) {
      return token * 12 + (order == PatchOrder::channels_first ? (c * 2 + dy) * 2 + dx : (dy * 2 + dx) * 3 + c);
    };
    const auto patches = [place](const Doubles& image) {
      Doubles tokens(image.size());
      for (size_t c = 0; c < 3; ++c) {
        for (size_t y = 0; y < 4; ++y) {
          for (size_t x = 0; x < 6; ++x) tokens[place(y / 2 * 3 + x / 2, c, y % 2, x % 2)] = image[(c * 4 + y) * 6 + x];
        }
      }
      return tokens;
    };
    check_gradients({.shapes = {{1, 3, 4, 6}},
                     .op = [&](Context& ctx, auto& x) { return std::vector{patchify(ctx, x[0], form)}; },
                     .reference = [&](const auto& x) { return Results{patches(x[0])}; }});
    check_gradients({.shapes = {{6, 12}},
                     .op =
                         [&](Context& ctx, auto& x) {
                           return std::vector{unpatchify(ctx, x[0], {1, 3, 4, 6}, form)};
                         },
                     .reference =
                         [&](const auto& x) {
                           Doubles image(72);
                           for (size_t c = 0; c < 3; ++c) {
                             for (size_t y = 0; y < 4; ++y) {
                               for (size_t i = 0; i < 6; ++i) {
                                 image[(c * 4 + y) * 6 + i] = x[0][place(y / 2 * 3 + i / 2, c, y % 2, i % 2)];
                               }
                             }
                           }
                           return Results{image};
                         }});
  }
}

TEST(ImageGradient, AveragePool) {
  check_gradients({.shapes = {{2, 3, 5, 2}},
                   .op = [](Context& ctx, auto& x) { return std::vector{average_pool(ctx, x[0])}; },
                   .reference =
                       [](const auto& x) {
                         Doubles y(2 * 2 * 3 * 2);
                         for (size_t row = 0; row < 2; ++row) {
                           for (size_t i = 0; i < 3; ++i) {
                             for (size_t j = 0; j < 5; ++j) {
                               const double count = (i / 2 * 2 + 1 < 3 ? 2.0 : 1.0) * (j / 2 * 2 + 1 < 5 ? 2.0 : 1.0);
                               for (size_t c = 0; c < 2; ++c) {
                                 y[((row * 2 + i / 2) * 3 + j / 2) * 2 + c] +=
                                     x[0][((row * 3 + i) * 5 + j) * 2 + c] / count;
                               }
                             }
                           }
                         }
                         return Results{y};
                       }});
}

// Factors beside a frozen convolution, as LoCon has them: their gradients are those of the product that they stand for.
TEST(ImageGradient, LowRankFactorsOfConvolutions) {
  Context ctx(cpu_device, 2);
  const ConvTrial trial{{.in_channels = 3, .out_channels = 4}, 1, 4, 4};
  const ConvShape& s = trial.shape;
  const std::vector<float> kernel = testing::random_values(4 * 27, 7), bias(4),
                           down = testing::random_values(2 * 27, 5), up = testing::random_values(4 * 2, 6),
                           input = testing::random_values(48, 1);
  Conv2d conv = pack_conv2d(ctx, "k", DType::f32, s, reinterpret_cast<const std::byte*>(kernel.data()), {});
  auto adapter = std::make_shared<BlockAdapter>();
  adapter->down = pack_weight(ctx, "down", DType::f32, 2, 27, reinterpret_cast<const std::byte*>(down.data()));
  adapter->up = pack_weight(ctx, "up", DType::f32, 4, 2, reinterpret_cast<const std::byte*>(up.data()));
  conv.matrix.blocks[0].adapter = adapter;
  const Tensor x = testing::tensor_of(ctx, {1, 4, 4, 3}, input);
  const Tensor dx = zeros(ctx, x.shape()), ddown = zeros(ctx, {2, 27}), dup = zeros(ctx, {4, 2});
  Tape tape;
  tape.watch(x, dx);
  tape.watch(adapter->down.packed, ddown);
  tape.watch(adapter->up.packed, dup);
  ctx.tape = &tape;
  const Tensor y = conv2d(ctx, x, conv);
  ctx.tape = nullptr;
  const std::vector<float> dy = testing::random_values(y.elements(), 2);
  tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
  // In double: the whole kernel, in the file's order.
  const auto loss = [&](const Doubles& pixels, const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<float> whole = kernel;
    Doubles exact(kernel.begin(), kernel.end());
    for (size_t o = 0; o < 4; ++o) {
      for (size_t tap = 0; tap < 9; ++tap) {
        for (size_t c = 0; c < 3; ++c) {
          for (size_t k = 0; k < 2; ++k) {
            exact[(o * 3 + c) * 9 + tap] +=
                static_cast<double>(b[o * 2 + k]) * static_cast<double>(a[k * 27 + tap * 3 + c]);
          }
        }
      }
    }
    std::transform(exact.begin(), exact.end(), whole.begin(), [](double value) { return static_cast<float>(value); });
    const Doubles result = convolve(pixels, whole, bias, trial);
    double sum = 0;
    for (size_t i = 0; i < result.size(); ++i) sum += result[i] * static_cast<double>(dy[i]);
    return sum;
  };
  const Doubles pixels(input.begin(), input.end());
  const auto check = [&](const Tensor& gradient, std::vector<float> values, const auto& of) {
    for (size_t i = 0; i < values.size(); ++i) {
      const float before = values[i];
      values[i] = before + 1;  // linear in each factor
      const double above = of(values);
      values[i] = before - 1;
      const double below = of(values);
      values[i] = before;
      EXPECT_NEAR(gradient.data<float>()[i], (above - below) / 2, 2e-4) << i;
    }
  };
  check(ddown, down, [&](const auto& values) { return loss(pixels, values, up); });
  check(dup, up, [&](const auto& values) { return loss(pixels, down, values); });
  check(dx, input, [&](const auto& values) { return loss(Doubles(values.begin(), values.end()), down, up); });
}

}  // namespace
}  // namespace diptych
