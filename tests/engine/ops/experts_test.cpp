#include "engine/ops/experts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/ops/elementwise.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::tensor_of;
using testing::values_of;

TEST(Experts, TheLikeliestAreChosen) {
  Context ctx(cpu_device, 2);
  const Tensor logits = tensor_of(ctx, {2, 4}, {0, 3, 1, 2, 5, 5, -1, 5});
  const ExpertRouting shares = route(ctx, logits, 2, false), normalised = route(ctx, logits, 2, true);
  EXPECT_EQ(shares.offsets, (std::vector<int64_t>{0, 1, 3, 3, 4}));
  EXPECT_EQ(shares.rows, (std::vector<int32_t>{1, 0, 1, 0}));
  EXPECT_EQ(shares.places, (std::vector<int32_t>{1, 3, 0, 2})) << "ties go to the first";
  const double all = std::exp(0.0) + std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  EXPECT_NEAR(shares.weights[0], std::exp(3.0) / all, 1e-6);
  EXPECT_NEAR(normalised.weights[0], 1 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_NEAR(normalised.weights[2] + normalised.weights[3], 1, 1e-6);
}

struct ExpertsCase {
  DType type;
  double tolerance;
};

class ExpertLayers : public ::testing::TestWithParam<ExpertsCase> {};

// Each token by itself through its experts; neither threads nor neighbours matter.
TEST_P(ExpertLayers, GiveEachTokenWhatItsExpertsSay) {
  const int64_t tokens = 9, experts = 5, per_token = 2, cols = 64, rows = 12;
  const auto x = random_values(tokens * cols, 1), scores = random_values(tokens * experts, 2);
  std::vector<float> first;
  for (const int threads : {1, 3}) {
    Context ctx(cpu_device, threads);
    std::vector<Linear> layers;
    for (int64_t e = 0; e < experts; ++e) {
      Linear& layer = layers.emplace_back();
      for (const int64_t part : {rows / 3, rows - rows / 3}) {
        const auto stored = testing::stored_matrix(GetParam().type, part, cols, static_cast<uint32_t>(10 * e + part));
        layer.blocks.push_back({pack_weight(ctx, "w", GetParam().type, part, cols, stored.bytes.data())});
      }
    }
    const Tensor in = tensor_of(ctx, {tokens, cols}, x);
    const ExpertRouting routing = route(ctx, tensor_of(ctx, {tokens, experts}, scores), per_token, true);
    const Tensor y = expert_linear(ctx, gather_rows(ctx, in, routing.rows), layers, routing);
    const std::vector<float> mixed = values_of(combine_experts(ctx, y, routing));
    if (first.empty()) first = mixed;
    EXPECT_EQ(mixed, first);
    for (int64_t t = 0; t < tokens; ++t) {
      std::vector<double> expected(static_cast<size_t>(rows), 0.0);
      for (int64_t i = t * per_token; i < (t + 1) * per_token; ++i) {
        const int64_t place = routing.places[static_cast<size_t>(i)];
        const auto e =
            static_cast<size_t>(std::ranges::upper_bound(routing.offsets, place) - routing.offsets.begin() - 1);
        const auto alone = values_of(linear(ctx, in.slice(0, t, t + 1), layers[e]));
        for (size_t r = 0; r < alone.size(); ++r) {
          expected[r] += static_cast<double>(routing.weights[static_cast<size_t>(i)]) * alone[r];
        }
      }
      for (size_t r = 0; r < expected.size(); ++r) {
        EXPECT_NEAR(mixed[static_cast<size_t>(t * rows) + r], expected[r], GetParam().tolerance);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, ExpertLayers,
                         ::testing::Values(ExpertsCase{DType::f32, 1e-6}, ExpertsCase{DType::q8_0, 1e-6}),
                         [](const auto& info) { return std::string(dtype_name(info.param.type)); });

// However uneven the load is.
TEST(Experts, CostAndMemoryAreThoseOfMeta) {
  const int64_t tokens = 40, experts = 8, per_token = 3, cols = 32, rows = 20;
  std::vector<float> uneven(static_cast<size_t>(tokens * experts), 0.0f);
  for (size_t t = 0; t < static_cast<size_t>(tokens); ++t) uneven[t * static_cast<size_t>(experts)] = 9;
  Context cpu(cpu_device, 2), meta(meta_device, 1);
  for (Context* ctx : {&cpu, &meta}) {
    std::vector<Linear> layers(static_cast<size_t>(experts));
    for (Linear& layer : layers) {
      const auto stored = testing::stored_matrix(DType::q8_0, rows, cols, 1);
      layer.blocks.push_back(
          {pack_weight(*ctx, "w", DType::q8_0, rows, cols, ctx->is_meta() ? nullptr : stored.bytes.data())});
    }
    Tensor logits = ctx->output({tokens, experts});
    if (!ctx->is_meta()) std::ranges::copy(uneven, logits.data<float>());
    const ExpertRouting routing = route(*ctx, logits, per_token, false);
    Tensor in = ctx->output({tokens, cols});
    if (!ctx->is_meta()) std::ranges::fill(in.span<float>(), 1.0f);
    const Tensor x = gather_rows(*ctx, in, routing.rows);
    combine_experts(*ctx, expert_linear(*ctx, x, layers, routing), routing);
  }
  EXPECT_EQ(cpu.cost().flops, meta.cost().flops);
  EXPECT_EQ(cpu.cost().bytes(), meta.cost().bytes());
  EXPECT_EQ(cpu.arena()->use().total_peak_bytes, meta.arena()->use().total_peak_bytes);
}

}  // namespace
}  // namespace diptych
