// Gradients of norms.
#include "engine/ops/norm.h"
#include "kernels/cpu/reference/norm.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

namespace r = kernels::cpu::reference;
using testing::check_gradients;
using testing::Doubles;
using Results = std::vector<Doubles>;

Doubles norm(const Doubles& x, const Doubles& weight, double eps) {
  const auto n = static_cast<int64_t>(weight.size());
  Doubles y(x.size());
  r::rms_norm(x.data(), n, weight.data(), 0.0, eps, n, 0, static_cast<int64_t>(x.size()) / n, y.data(), n);
  return y;
}

TEST(Gradient, RmsNorm) {
  for (const int64_t n : {5, 33}) {
    check_gradients({.shapes = {{70, n}, {n}},  // more rows than are summed together
                     .op = [](Context& ctx, auto& x) { return std::vector{rms_norm(ctx, x[0], x[1], 1e-5f)}; },
                     .reference = [](const auto& x) { return Results{norm(x[0], x[1], 1e-5f)}; }});
  }
}

// Heads of rows that hold more than them.
TEST(Gradient, RmsNormOfStridedHeads) {
  check_gradients(
      {.shapes = {{3, 4 * 10}, {10}},
       .op = [](Context& ctx,
                auto& x) { return std::vector{rms_norm(ctx, x[0].slice(1, 10, 30).split_last(2), x[1], 1e-6f)}; },
       .reference =
           [](const auto& x) {
             Doubles heads;
             for (size_t row = 0; row < 3; ++row) {
               heads.insert(heads.end(), x[0].begin() + static_cast<int64_t>(row * 40 + 10),
                            x[0].begin() + static_cast<int64_t>(row * 40 + 30));
             }
             return Results{norm(heads, x[1], 1e-6f)};
           }});
}

TEST(Gradient, AddRmsNorm) {
  check_gradients({.shapes = {{7, 24}, {7, 24}, {24}},
                   .op =
                       [](Context& ctx, auto& x) {
                         const auto [sum, normed] = add_rms_norm(ctx, x[0], x[1], x[2], 1e-5f);
                         return std::vector{sum, normed};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles sum(x[0].size());
                         std::transform(x[0].begin(), x[0].end(), x[1].begin(), sum.begin(), std::plus<>());
                         return Results{sum, norm(sum, x[2], 1e-5f)};
                       }});
}

TEST(Gradient, LayerNorm) {
  const auto reference = [](const Doubles& x, const Doubles* weight, const Doubles* bias, int64_t n) {
    Doubles y(x.size());
    r::layer_norm(x.data(), n, weight ? weight->data() : nullptr, bias ? bias->data() : nullptr, 1e-5, n, 0,
                  static_cast<int64_t>(x.size()) / n, y.data(), n);
    return Results{y};
  };
  check_gradients({.shapes = {{70, 20}, {20}, {20}},
                   .op = [](Context& ctx, auto& x) { return std::vector{layer_norm(ctx, x[0], x[1], x[2], 1e-5f)}; },
                   .reference = [&](const auto& x) { return reference(x[0], &x[1], &x[2], 20); }});
  check_gradients({.shapes = {{6, 17}},
                   .op = [](Context& ctx, auto& x) { return std::vector{layer_norm(ctx, x[0], {}, {}, 1e-5f)}; },
                   .reference = [&](const auto& x) { return reference(x[0], nullptr, nullptr, 17); }});
}

}  // namespace
}  // namespace diptych
