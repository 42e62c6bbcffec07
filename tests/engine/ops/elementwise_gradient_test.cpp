// Gradients of what is computed value by value.
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "kernels/cpu/reference/elementwise.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

namespace r = kernels::cpu::reference;
using testing::check_gradients;
using testing::Doubles;
using Results = std::vector<Doubles>;

TEST(Gradient, Activations) {
  namespace k = kernels::cpu;
  const std::pair<Activation, k::Activation> all[] = {{Activation::silu, k::Activation::silu},
                                                      {Activation::gelu_tanh, k::Activation::gelu_tanh},
                                                      {Activation::gelu_erf, k::Activation::gelu_erf},
                                                      {Activation::quick_gelu, k::Activation::quick_gelu},
                                                      {Activation::relu, k::Activation::relu}};
  for (const auto& pair : all) {
    const Activation activation = pair.first;
    const k::Activation twin = pair.second;
    check_gradients({.shapes = {{3, 35}},
                     .op = [=](Context& ctx, auto& x) { return std::vector{activate(ctx, x[0], activation)}; },
                     .reference =
                         [=](const auto& x) {
                           Doubles y(x[0].size());
                           r::activate(twin, x[0].data(), static_cast<int64_t>(y.size()), y.data());
                           return Results{y};
                         },
                     .deviation = 2});
    for (const bool first : {true, false}) {
      check_gradients({.shapes = {{4, 22}},
                       .op =
                           [=](Context& ctx, auto& x) {
                             return std::vector{first ? gated_activation(ctx, x[0], activation)
                                                      : gated_activation_behind(ctx, x[0], activation)};
                           },
                       .reference =
                           [=](const auto& x) {
                             Doubles y(4 * 11);
                             for (size_t row = 0; row < 4; ++row) {
                               const double *left = x[0].data() + row * 22, *right = left + 11;
                               r::gated(twin, first ? left : right, first ? right : left, 11, y.data() + row * 11);
                             }
                             return Results{y};
                           },
                       .deviation = 2});
    }
  }
}

TEST(Gradient, Elementwise) {
  check_gradients({.shapes = {{3, 9}, {3, 9}},
                   .op =
                       [](Context& ctx, auto& x) {
                         Tensor y = scale_offset(ctx, add(ctx, x[0], x[1]), -0.7f, 2.0f);
                         return std::vector{soft_cap(ctx, transpose(ctx, y), 3.0f)};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles y(27);
                         for (size_t i = 0; i < 3; ++i) {
                           for (size_t j = 0; j < 9; ++j) {
                             const double value = (x[0][i * 9 + j] + x[1][i * 9 + j]) * -0.7f + 2;
                             y[j * 3 + i] = 3 * std::tanh(value / 3);
                           }
                         }
                         return Results{y};
                       }});
  check_gradients({.shapes = {{6, 5}, {2, 5}},
                   .op = [](Context& ctx, auto& x) { return std::vector{add_rows(ctx, x[0], x[1])}; },
                   .reference =
                       [](const auto& x) {
                         Doubles y = x[0];
                         for (size_t i = 0; i < y.size(); ++i) y[i] += x[1][i % 10];
                         return Results{y};
                       }});
  const std::vector<int32_t> rows{2, 0, 2, 3};
  check_gradients({.shapes = {{4, 5}},
                   .op = [&](Context& ctx, auto& x) { return std::vector{gather_rows(ctx, x[0], rows)}; },
                   .reference =
                       [&](const auto& x) {
                         Doubles y;
                         for (const int32_t row : rows) {
                           y.insert(y.end(), x[0].begin() + row * 5, x[0].begin() + row * 5 + 5);
                         }
                         return Results{y};
                       }});
}

}  // namespace
}  // namespace diptych
