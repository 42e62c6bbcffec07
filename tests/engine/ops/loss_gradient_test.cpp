// Gradients of losses.
#include "engine/ops/loss.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

using testing::check_gradients;
using testing::Doubles;
using testing::times;
using Results = std::vector<Doubles>;

TEST(Gradient, CrossEntropy) {
  for (const float cap : {0.0f, 2.0f}) {
    Context weights(cpu_device, 1);
    const std::vector<float> values = testing::random_values(19 * 8, 3);
    OutputHead head{{}, cap};
    head.layer.blocks.push_back(
        {pack_weight(weights, "w", DType::f32, 19, 8, reinterpret_cast<const std::byte*>(values.data())), {}});
    const std::vector<int32_t> labels{3, 18, 0, 3};
    const std::vector<float> factors{0.25f, 0.5f, 1.0f, 0.0f};
    check_gradients(
        {.shapes = {{4, 8}},
         .op = [&](Context& ctx, auto& x) { return std::vector{cross_entropy(ctx, x[0], head, labels, factors)}; },
         .reference =
             [&](const auto& x) {
               const Doubles logits = times(x[0], values, 19, 8);
               double loss = 0;
               for (size_t row = 0; row < 4; ++row) {
                 double sum = 0, chosen = 0;
                 for (size_t i = 0; i < 19; ++i) {
                   double logit = logits[row * 19 + i];
                   if (cap > 0) logit = static_cast<double>(cap) * std::tanh(logit / static_cast<double>(cap));
                   sum += std::exp(logit);
                   if (static_cast<int32_t>(i) == labels[row]) chosen = logit;
                 }
                 loss += static_cast<double>(factors[row]) * (std::log(sum) - chosen);
               }
               return Results{Doubles{loss}};
             }});
  }
}

TEST(Gradient, MeanSquaredError) {
  Context outside(cpu_device, 1);
  const std::vector<float> target = testing::random_values(3 * 10, 3), factors{0.5f, 2.0f, 1.0f};
  check_gradients({.shapes = {{3, 2, 5}},
                   .op =
                       [&](Context& ctx, auto& x) {
                         const Tensor wanted = testing::tensor_of(ctx, {3, 2, 5}, target);
                         return std::vector{mean_squared_error(ctx, x[0], wanted, factors)};
                       },
                   .reference =
                       [&](const auto& x) {
                         double loss = 0;
                         for (size_t i = 0; i < 30; ++i) {
                           const double away = x[0][i] - static_cast<double>(target[i]);
                           loss += static_cast<double>(factors[i / 10]) * away * away / 10;
                         }
                         return Results{Doubles{loss}};
                       }});
}

}  // namespace
}  // namespace diptych
