// Gradients of mixtures of experts: through the experts, their weights, their adapters, and the router.
#include "engine/ops/adapter.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/experts.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

using testing::check_gradients;
using testing::Doubles;
using Results = std::vector<Doubles>;

constexpr size_t tokens = 6, experts = 4, per_token = 2, cols = 5, rows = 3;

// The routing, and so the order of the logits, must not change with a difference: they are far apart.
Doubles far_apart(const Doubles& logits) {
  Doubles spread = logits;
  for (size_t t = 0; t < tokens; ++t) {
    for (size_t e = 0; e < experts; ++e) spread[t * experts + e] += static_cast<double>((e * 3 + t) % experts);
  }
  return spread;
}

// Each token's mixture in double. x [tokens, cols], logits [tokens, experts], w [experts][rows, cols].
Doubles mixed(const Doubles& x, const Doubles& logits, const std::vector<std::vector<float>>& w, bool normalised) {
  Doubles y(tokens * rows);
  for (size_t t = 0; t < tokens; ++t) {
    std::vector<size_t> order(experts);
    for (size_t e = 0; e < experts; ++e) order[e] = e;
    const double* own = logits.data() + t * experts;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return own[a] > own[b]; });
    double all = 0, chosen = 0;
    for (size_t e = 0; e < experts; ++e) all += std::exp(own[e]);
    for (size_t i = 0; i < per_token; ++i) chosen += std::exp(own[order[i]]);
    for (size_t i = 0; i < per_token; ++i) {
      const double weight = std::exp(own[order[i]]) / (normalised ? chosen : all);
      for (size_t r = 0; r < rows; ++r) {
        for (size_t c = 0; c < cols; ++c) {
          y[t * rows + r] += weight * static_cast<double>(w[order[i]][r * cols + c]) * x[t * cols + c];
        }
      }
    }
  }
  return y;
}

TEST(ExpertsGradient, OfTokensAndRouter) {
  std::vector<std::vector<float>> w;
  for (uint32_t e = 0; e < experts; ++e) w.push_back(testing::random_values(rows * cols, 20 + e));
  for (const bool normalised : {true, false}) {
    check_gradients(
        {.shapes = {{tokens, cols}, {tokens, experts}},
         .op =
             [&](Context& ctx, auto& x) {
               std::vector<Linear> layers(experts);
               for (size_t e = 0; e < experts; ++e) {
                 layers[e].blocks.push_back(
                     {pack_weight(ctx, "w", DType::f32, rows, cols, reinterpret_cast<const std::byte*>(w[e].data()))});
               }
               const Doubles zeros_of(tokens * experts);
               const Doubles apart = far_apart(zeros_of);
               const Tensor spread = testing::tensor_of(ctx, {tokens, experts}, {apart.begin(), apart.end()});
               const ExpertRouting routing = route(ctx, add(ctx, x[1], spread), per_token, normalised);
               const Tensor y = expert_linear(ctx, gather_rows(ctx, x[0], routing.rows), layers, routing);
               return std::vector{combine_experts(ctx, y, routing)};
             },
         .reference = [&](const auto& x) { return Results{mixed(x[0], far_apart(x[1]), w, normalised)}; },
         .deviation = 0.1,
         .tolerance = 1e-4f});
  }
}

// The sum of slope * y over an expert's rows is linear in its weight and in each factor of its adapter.
TEST(ExpertsGradient, OfWeightsAndAdapters) {
  Context ctx(cpu_device, 2);
  std::vector<Linear> layers(experts);
  std::vector<Tensor> dweights, ddowns, dups;
  Tape tape;
  const auto packed = [&](int64_t m, int64_t n, uint32_t seed) {
    const std::vector<float> values = testing::random_values(m * n, seed);
    return pack_weight(ctx, "w", DType::f32, m, n, reinterpret_cast<const std::byte*>(values.data()));
  };
  for (uint32_t e = 0; e < experts; ++e) {
    auto adapter = std::make_shared<BlockAdapter>();
    adapter->down = packed(2, cols, 40 + e);
    adapter->up = packed(rows, 2, 50 + e);
    layers[e].blocks.push_back({packed(rows, cols, 30 + e), {}, adapter});
    dweights.push_back(zeros(ctx, {rows, cols}));
    ddowns.push_back(zeros(ctx, {2, cols}));
    dups.push_back(zeros(ctx, {rows, 2}));
    tape.watch(layers[e].blocks[0].weight.packed, dweights[e]);
    tape.watch(adapter->down.packed, ddowns[e]);
    tape.watch(adapter->up.packed, dups[e]);
  }
  const Tensor x = testing::tensor_of(ctx, {tokens, cols}, testing::random_values(tokens * cols, 1));
  const Tensor logits = testing::tensor_of(ctx, {tokens, experts}, testing::random_values(tokens * experts, 2));
  const ExpertRouting routing = route(ctx, logits, per_token, true);
  const Tensor chosen = gather_rows(ctx, x, routing.rows);
  ctx.tape = &tape;
  const Tensor y = expert_linear(ctx, chosen, layers, routing);
  ctx.tape = nullptr;
  const std::vector<float> slope = testing::random_values(y.elements(), 3);
  tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), slope));
  for (size_t e = 0; e < experts; ++e) {
    // In double: dW = sum of slope x^T over the expert's choices, dup = dW down^T, ddown = up^T dW.
    Doubles dw(rows * cols);
    for (int64_t i = routing.offsets[e]; i < routing.offsets[e + 1]; ++i) {
      for (size_t r = 0; r < rows; ++r) {
        for (size_t c = 0; c < cols; ++c) {
          dw[r * cols + c] += static_cast<double>(slope[static_cast<size_t>(i) * rows + r]) *
                              static_cast<double>(chosen.data<float>()[static_cast<size_t>(i) * cols + c]);
        }
      }
    }
    const std::vector<float> down = testing::random_values(2 * cols, 40 + static_cast<uint32_t>(e)),
                             up = testing::random_values(rows * 2, 50 + static_cast<uint32_t>(e));
    for (size_t i = 0; i < rows * cols; ++i) EXPECT_NEAR(dweights[e].data<float>()[i], dw[i], 1e-5) << e;
    for (size_t k = 0; k < 2; ++k) {
      for (size_t r = 0; r < rows; ++r) {
        double sum = 0;
        for (size_t c = 0; c < cols; ++c) sum += dw[r * cols + c] * static_cast<double>(down[k * cols + c]);
        EXPECT_NEAR(dups[e].data<float>()[r * 2 + k], sum, 1e-5) << e;
      }
      for (size_t c = 0; c < cols; ++c) {
        double sum = 0;
        for (size_t r = 0; r < rows; ++r) sum += dw[r * cols + c] * static_cast<double>(up[r * 2 + k]);
        EXPECT_NEAR(ddowns[e].data<float>()[k * cols + c], sum, 1e-5) << e;
      }
    }
  }
}

}  // namespace
}  // namespace diptych
