// The tape: gradients that meet, parts that are computed again, ops that refuse.
#include <span>
#include <tuple>

#include "engine/core/error.h"
#include "engine/core/recompute.h"
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/linear.h"
#include "engine/ops/norm.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

using testing::check_gradients;
using testing::Doubles;
using Results = std::vector<Doubles>;

// One tensor used several times, and a view of it: gradients are added.
TEST(Gradient, AddsUpOverUsesAndViews) {
  check_gradients({.shapes = {{4, 6}},
                   .op =
                       [](Context& ctx, auto& x) {
                         Tensor twice = add(ctx, x[0], x[0]);
                         const std::vector<int32_t> some{1, 3};
                         Tensor part = gather_rows(ctx, twice, some);
                         return std::vector{add(ctx, part, x[0].slice(0, 2, 4))};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles y;
                         for (size_t j = 0; j < 6; ++j) y.push_back(2 * x[0][6 + j] + x[0][12 + j]);
                         for (size_t j = 0; j < 6; ++j) y.push_back(2 * x[0][18 + j] + x[0][18 + j]);
                         return Results{y};
                       }});
}

// Computed again on the way back: the same gradients, bit by bit, with less held between.
TEST(Gradient, RecomputedPartsGiveTheSame) {
  Context ctx(cpu_device, 2);
  const Tensor weight = testing::tensor_of(ctx, {32}, testing::random_values(32, 2));
  std::vector<std::vector<float>> results;
  std::vector<int64_t> peaks;
  for (const bool again : {false, true}) {
    const Tensor x = testing::tensor_of(ctx, {400, 32}, testing::random_values(400 * 32, 1));
    const Tensor dx = zeros(ctx, x.shape()), dw = zeros(ctx, {32});
    Tape tape;
    tape.recompute = again;
    tape.watch(x, dx);
    tape.watch(weight, dw);
    ctx.arena()->reset_peak();
    ctx.tape = &tape;
    Tensor y = x;
    for (int i = 0; i < 6; ++i) {
      y = recomputed(ctx, y, [&](Context& c, const Tensor& input) {
        Tensor h = rms_norm(c, input, weight, 1e-5f);
        for (int j = 0; j < 4; ++j) h = activate(c, h, Activation::silu);
        return add(c, input, h);
      });
    }
    ctx.tape = nullptr;
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), testing::random_values(400 * 32, 3)));
    peaks.push_back(ctx.arena()->use().total_peak_bytes);
    results.push_back(testing::values_of(dx));
    results.push_back(testing::values_of(dw));
  }
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(results[1], results[3]);
  EXPECT_LT(peaks[1], peaks[0] * 2 / 3);
}

// What is cheap is made again where matrices need it on the way back: the same gradients, bit by bit, with less held.
TEST(Gradient, NormsAndActivationsAreMadeAgain) {
  Context ctx(cpu_device, 2);
  constexpr int64_t tokens = 401, width = 32;  // no size that fills its storage
  const Tensor norm = testing::tensor_of(ctx, {width}, testing::random_values(width, 2));
  const auto matrix = [&](int64_t rows, uint32_t seed) {
    const std::vector<float> values = testing::random_values(rows * width, seed, 0.2f);
    return pack_weight(ctx, "w", DType::f32, rows, width, reinterpret_cast<const std::byte*>(values.data()));
  };
  Linear up, down;
  up.blocks.push_back({matrix(2 * width, 5), {}});
  down.blocks.push_back({matrix(width, 6), {}});
  std::vector<std::vector<float>> results;
  std::vector<int64_t> peaks;
  for (const bool again : {false, true}) {
    const Tensor x = testing::tensor_of(ctx, {tokens, width}, testing::random_values(tokens * width, 1));
    const Tensor dx = zeros(ctx, x.shape()), dn = zeros(ctx, {width});
    const Tensor dup = zeros(ctx, {2 * width, width}), ddown = zeros(ctx, {width, width});
    Tape tape;
    tape.remakes = again;
    tape.watch(x, dx);
    tape.watch(norm, dn);
    tape.watch(up.blocks[0].weight.packed, dup);
    tape.watch(down.blocks[0].weight.packed, ddown);
    ctx.arena()->reset_peak();
    ctx.tape = &tape;
    auto [sum, normed] = add_rms_norm(ctx, x, x, norm, 1e-5f);
    for (int i = 0; i < 6; ++i) {
      const Tensor h = gated_activation(ctx, linear(ctx, normed, up), Activation::silu);
      const Tensor y = activate(ctx, layer_norm(ctx, linear(ctx, h, down), norm, {}, 1e-5f), Activation::gelu_erf);
      std::tie(sum, normed) = add_rms_norm(ctx, sum, linear(ctx, y, down), norm, 1e-5f);
    }
    ctx.tape = nullptr;
    sum = {};
    tape.backward(ctx, normed, testing::tensor_of(ctx, {tokens, width}, testing::random_values(tokens * width, 3)));
    peaks.push_back(ctx.arena()->use().peak_bytes[static_cast<size_t>(Owner::activations)]);
    for (const Tensor& gradient : {dx, dn, dup, ddown}) results.push_back(testing::values_of(gradient));
  }
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(results[i], results[i + 4]) << i;
  EXPECT_LT(static_cast<double>(peaks[1]), 0.75 * static_cast<double>(peaks[0]));
}

// Two streams through parts that exchange what they know; a part that nothing trained has to do with is done once.
TEST(Gradient, PartsOfSeveralStreamsAreDoneAgain) {
  Context ctx(cpu_device, 1);
  const Tensor weight = testing::tensor_of(ctx, {16}, testing::random_values(16, 2));
  std::vector<std::vector<float>> results;
  for (const bool again : {false, true}) {
    const Tensor x = testing::tensor_of(ctx, {30, 16}, testing::random_values(30 * 16, 1));
    const Tensor other = testing::tensor_of(ctx, {30, 16}, testing::random_values(30 * 16, 4));
    const Tensor dx = zeros(ctx, x.shape()), dw = zeros(ctx, {16});
    Tape tape;
    tape.recompute = again;
    tape.watch(x, dx);
    tape.watch(weight, dw);
    ctx.tape = &tape;
    int calls = 0;
    const Tensor frozen = recomputed(ctx, other, [&](Context& c, const Tensor& input) {
      ++calls;
      return activate(c, input, Activation::silu);
    });
    EXPECT_FALSE(tape.tracks(frozen));
    std::vector<Tensor> state{x, frozen};
    for (int i = 0; i < 3; ++i) {
      state = recomputed(ctx, state, [&](Context& c, std::span<const Tensor> in) {
        const Tensor mixed = add(c, in[0], activate(c, in[1], Activation::silu));
        return std::vector<Tensor>{rms_norm(c, mixed, weight, 1e-5f), add(c, in[1], mixed), Tensor()};
      });
    }
    const Tensor y = add(ctx, state[0], state[1]);
    ctx.tape = nullptr;
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), testing::random_values(30 * 16, 3)));
    EXPECT_EQ(calls, 1);
    results.push_back(testing::values_of(dx));
    results.push_back(testing::values_of(dw));
  }
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(results[1], results[3]);
}

// What has no backward does not lose gradients silently, and does not mind where there are none.
TEST(Gradient, AnOpWithoutBackwardIsRefused) {
  Context ctx(cpu_device, 1);
  const Tensor x = testing::tensor_of(ctx, {2, 2}, {1, 2, 3, 4}), other = testing::tensor_of(ctx, {2, 2}, {1, 2, 3, 4});
  Tape tape;
  tape.watch(x, zeros(ctx, {2, 2}));
  ctx.tape = &tape;
  EXPECT_NO_THROW(clamp(ctx, other, 0, 1));
  try {
    clamp(ctx, x, 0, 1);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("clamp"), std::string::npos);
  }
}

// Results do not depend on the number of threads.
TEST(Gradient, DoesNotDependOnThreads) {
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2}) {
    Context ctx(cpu_device, threads);
    const std::vector<float> values = testing::random_values(200 * 96, 3);
    Linear layer;
    layer.blocks.push_back(
        {pack_weight(ctx, "w", DType::f32, 200, 96, reinterpret_cast<const std::byte*>(values.data())), {}});
    const Tensor x = testing::tensor_of(ctx, {333, 96}, testing::random_values(333 * 96, 1));
    const Tensor dx = zeros(ctx, x.shape()), dw = zeros(ctx, {200, 96});
    Tape tape;
    tape.watch(x, dx);
    tape.watch(layer.blocks[0].weight.packed, dw);
    ctx.tape = &tape;
    const Tensor y = linear(ctx, x, layer);
    ctx.tape = nullptr;
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), testing::random_values(y.elements(), 2)));
    results.push_back(testing::values_of(dx));
    results.push_back(testing::values_of(dw));
  }
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(results[1], results[3]);
}

}  // namespace
}  // namespace diptych
