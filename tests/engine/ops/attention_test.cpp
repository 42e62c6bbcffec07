#include "engine/ops/attention.h"

#include <gtest/gtest.h>

#include "engine/model/kv_cache.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::tensor_of;
using testing::values_of;

struct Case {
  int64_t tokens, heads, kv_heads, head_dim, window;
  bool causal;
  float softcap;
};

std::vector<float> reference(const std::vector<float>& q, const std::vector<float>& k, const std::vector<float>& v,
                             const Case& c) {
  std::vector<float> y(q.size());
  const int64_t group = c.heads / c.kv_heads;
  for (int64_t t = 0; t < c.tokens; ++t) {
    for (int64_t h = 0; h < c.heads; ++h) {
      std::vector<double> weight;
      double sum = 0;
      const int64_t end = c.causal ? t + 1 : c.tokens,
                    begin = c.window > 0 ? std::max<int64_t>(0, t + 1 - c.window) : 0;
      for (int64_t j = begin; j < end; ++j) {
        double dot = 0;
        for (int64_t d = 0; d < c.head_dim; ++d) {
          dot += static_cast<double>(q[static_cast<size_t>((t * c.heads + h) * c.head_dim + d)]) *
                 k[static_cast<size_t>((j * c.kv_heads + h / group) * c.head_dim + d)];
        }
        dot /= std::sqrt(static_cast<double>(c.head_dim));
        if (c.softcap > 0) dot = c.softcap * std::tanh(dot / c.softcap);
        weight.push_back(std::exp(dot));
        sum += weight.back();
      }
      for (int64_t d = 0; d < c.head_dim; ++d) {
        double value = 0;
        for (int64_t j = begin; j < end; ++j)
          value += weight[static_cast<size_t>(j - begin)] *
                   v[static_cast<size_t>((j * c.kv_heads + h / group) * c.head_dim + d)];
        y[static_cast<size_t>((t * c.heads + h) * c.head_dim + d)] = static_cast<float>(value / sum);
      }
    }
  }
  return y;
}

class AttentionOp : public ::testing::TestWithParam<Case> {};

TEST_P(AttentionOp, AgreesWithTheDefinition) {
  const Case c = GetParam();
  Context ctx(cpu_device, 2);
  const auto q = random_values(c.tokens * c.heads * c.head_dim, 1),
             k = random_values(c.tokens * c.kv_heads * c.head_dim, 2),
             v = random_values(c.tokens * c.kv_heads * c.head_dim, 3);
  KeyValues kv;
  kv.keys = tensor_of(ctx, {c.tokens, c.kv_heads, c.head_dim}, k);
  kv.values = tensor_of(ctx, {c.tokens, c.kv_heads, c.head_dim}, v);
  kv.sequences = {{.query_begin = 0, .query_end = c.tokens, .keys = c.tokens, .blocks = {}}};
  const std::vector<float> y = values_of(attention(ctx, tensor_of(ctx, {c.tokens, c.heads, c.head_dim}, q), kv,
                                                   {.window = c.window, .causal = c.causal, .softcap = c.softcap}));
  const std::vector<float> expected = reference(q, k, v, c);
  for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 2e-6 + 4e-6 * std::abs(expected[i])) << i;
}

// Prefill in one piece, in odd pieces and token by token must give the same bits, paged in any block order.
TEST_P(AttentionOp, DependsNotOnTheCutOfThePrompt) {
  const Case c = GetParam();
  if (!c.causal) GTEST_SKIP() << "only causal attention is evaluated in pieces";
  for (const DType dtype : {DType::f32, DType::f16}) {
    std::vector<float> first;
    for (const int64_t piece : {c.tokens, int64_t{7}, int64_t{1}}) {
      Context ctx(cpu_device, piece == 7 ? 3 : 2);
      KvCache cache(ctx, {.layers = 1, .kv_heads = c.kv_heads, .head_dim = c.head_dim, .dtype = dtype}, 8);
      const KvSequence sequence{.blocks = {5, 0, 7, 2, 1, 6, 3, 4}};
      const Tensor q =
          tensor_of(ctx, {c.tokens, c.heads, c.head_dim}, random_values(c.tokens * c.heads * c.head_dim, 4));
      const Tensor k =
          tensor_of(ctx, {c.tokens, c.kv_heads, c.head_dim}, random_values(c.tokens * c.kv_heads * c.head_dim, 5));
      const Tensor v =
          tensor_of(ctx, {c.tokens, c.kv_heads, c.head_dim}, random_values(c.tokens * c.kv_heads * c.head_dim, 6));
      std::vector<float> all;
      for (int64_t begin = 0; begin < c.tokens; begin += piece) {
        const int64_t end = std::min(c.tokens, begin + piece);
        Batch batch;
        for (int64_t p = begin; p < end; ++p) batch.positions.push_back(static_cast<int32_t>(p));
        batch.tokens.resize(batch.positions.size());
        batch.sequence_offsets = {0, end - begin};
        batch.kv = {&sequence};
        const KeyValues kv = attend_to(ctx, &cache, 0, batch, k.slice(0, begin, end), v.slice(0, begin, end));
        const auto part =
            values_of(attention(ctx, q.slice(0, begin, end), kv, {.window = c.window, .softcap = c.softcap}));
        all.insert(all.end(), part.begin(), part.end());
      }
      if (first.empty()) first = all;
      EXPECT_EQ(all, first) << dtype_name(dtype) << " in pieces of " << piece;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, AttentionOp,
                         ::testing::Values(Case{1, 4, 2, 16, 0, true, 0}, Case{33, 9, 3, 64, 0, true, 0},
                                           Case{100, 4, 1, 256, 40, true, 0}, Case{70, 5, 5, 20, 8, true, 0},
                                           Case{41, 6, 2, 24, 0, false, 0}, Case{130, 2, 1, 80, 0, true, 30.0f}));

TEST(AttentionBatches, SequencesDoNotSeeEachOther) {
  Context ctx(cpu_device, 2);
  const int64_t heads = 4, kv_heads = 2, head_dim = 32;
  const auto q = random_values(12 * heads * head_dim, 1), k = random_values(12 * kv_heads * head_dim, 2),
             v = random_values(12 * kv_heads * head_dim, 3);
  const Tensor tq = tensor_of(ctx, {12, heads, head_dim}, q), tk = tensor_of(ctx, {12, kv_heads, head_dim}, k),
               tv = tensor_of(ctx, {12, kv_heads, head_dim}, v);
  Batch batch;
  batch.tokens.resize(12);
  batch.positions = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6};
  batch.sequence_offsets = {0, 5, 12};
  const auto both = values_of(attention(ctx, tq, attend_to(ctx, nullptr, 0, batch, tk, tv), {}));
  std::vector<float> apart;
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 5}, {5, 12}}) {
    const Batch one = Batch::single(std::vector<int32_t>(static_cast<size_t>(end - begin)));
    const auto part =
        values_of(attention(ctx, tq.slice(0, begin, end),
                            attend_to(ctx, nullptr, 0, one, tk.slice(0, begin, end), tv.slice(0, begin, end)), {}));
    apart.insert(apart.end(), part.begin(), part.end());
  }
  EXPECT_EQ(both, apart);
}

}  // namespace
}  // namespace diptych
