#include "models/common/lone_attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/ops/op_testing.h"

namespace diptych::models {
namespace {

constexpr int64_t lone_heads = 3, lone_head_dim = 8, lone_width = lone_heads * lone_head_dim;

AttentionStream random_stream(Context& ctx, int64_t tokens, uint32_t seed) {
  const auto part = [&](uint32_t which) {
    return diptych::testing::tensor_of(ctx, {tokens, lone_heads, lone_head_dim},
                                       diptych::testing::random_values(tokens * lone_width, seed + which));
  };
  return {part(0), part(1), part(2)};
}

// By its definition, for one place of the image.
std::vector<double> seen_by(const AttentionStream& image, const AttentionStream& text, int64_t place,
                            int64_t first_text, int64_t texts) {
  std::vector<double> result(static_cast<size_t>(lone_width));
  for (int64_t head = 0; head < lone_heads; ++head) {
    const auto values = [&](const Tensor& x, int64_t token) {
      return x.data<float>() + token * lone_width + head * lone_head_dim;
    };
    std::vector<std::pair<double, const float*>> seen;
    const auto see = [&](const AttentionStream& stream, int64_t token) {
      double score = 0;
      for (int64_t i = 0; i < lone_head_dim; ++i) score += values(image.q, place)[i] * values(stream.k, token)[i];
      seen.emplace_back(std::exp(score / std::sqrt(static_cast<double>(lone_head_dim))), values(stream.v, token));
    };
    see(image, place);
    for (int64_t token = 0; token < texts; ++token) see(text, first_text + token);
    double sum = 0;
    for (const auto& [weight, value] : seen) sum += weight;
    for (const auto& [weight, value] : seen) {
      for (int64_t i = 0; i < lone_head_dim; ++i) {
        result[static_cast<size_t>(head * lone_head_dim + i)] += weight / sum * value[i];
      }
    }
  }
  return result;
}

class LoneAttention : public ::testing::TestWithParam<int64_t> {};

TEST_P(LoneAttention, SeesTheTextAndItself) {
  const int64_t rows = 2, pixels = 70, texts = GetParam();  // more places than are computed at a time
  Context ctx(cpu_device, 2);
  const AttentionStream image = random_stream(ctx, rows * pixels, 1), text = random_stream(ctx, rows * texts, 4);
  const std::vector<Tensor> lone = lone_joint_attention(ctx, image, text, rows);
  for (int64_t place = 0; place < rows * pixels; ++place) {
    const auto expected = seen_by(image, text, place, place / pixels * texts, texts);
    for (int64_t i = 0; i < lone_width; ++i) {
      ASSERT_NEAR(lone[0].data<float>()[place * lone_width + i], expected[static_cast<size_t>(i)], 5e-6) << place;
    }
  }
  // The text sees everything, as without perturbation; and only rows from a given one on are perturbed.
  const std::vector<AttentionStream> streams{image, text};
  const std::vector<Tensor> joined = joint_attention(ctx, streams, rows);
  const std::vector<Tensor> half = perturbed_joint_attention(ctx, image, text, rows, 1);
  const auto values = [](const Tensor& x) { return diptych::testing::values_of(x); };
  EXPECT_EQ(values(lone[1]), values(joined[1]));
  EXPECT_EQ(values(half[0].slice(0, 0, pixels)), values(joined[0].slice(0, 0, pixels)));
  EXPECT_EQ(values(half[0].slice(0, pixels, 2 * pixels)), values(lone[0].slice(0, pixels, 2 * pixels)));
}

INSTANTIATE_TEST_SUITE_P(Texts, LoneAttention, ::testing::Values(5, 32, 37, 64));

}  // namespace
}  // namespace diptych::models
