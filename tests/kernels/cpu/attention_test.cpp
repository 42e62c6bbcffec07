#include "kernels/cpu/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/cpu/reference/attention.h"
#include "kernels/cpu/tolerance.h"
#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

using testing::on_every_instruction_set;
using testing::random_values;

struct Case {
  int heads, kv_heads, head_dim, block_tokens;
  int64_t tokens, window;
  bool causal;
  float softcap;
};

// Keys and values in pages that hold NaN wherever nothing was stored.
struct Pages {
  KvLayout layout;
  std::vector<std::vector<std::byte>> keys, values;
  std::vector<void*> key_pages, value_pages;

  Pages(const KvLayout& of, int64_t tokens) : layout(of) {
    const int64_t count = (tokens + of.block_tokens - 1) / of.block_tokens;
    for (auto* pages : {&keys, &values}) {
      pages->assign(static_cast<size_t>(count), std::vector<std::byte>(kv_block_bytes(of), std::byte{0xff}));
    }
    for (auto& page : keys) key_pages.push_back(page.data());
    for (auto& page : values) value_pages.push_back(page.data());
  }
  void store(int64_t first, int64_t count, const float* k, const float* v) {
    const int64_t stride = layout.kv_heads * layout.head_dim;
    store_kv(layout, key_pages.data(), value_pages.data(), first, count, k + first * stride, stride, v + first * stride,
             stride);
  }
  KvPages view() const { return {layout, key_pages.data(), value_pages.data()}; }
};

class Attention : public ::testing::TestWithParam<Case> {
 protected:
  AttentionParams params() const {
    const Case c = GetParam();
    return {c.heads, 1 / std::sqrt(static_cast<float>(c.head_dim)), c.causal, c.window, c.softcap};
  }
  Pages pages(DType type) const {
    const Case c = GetParam();
    const int64_t values = c.tokens * c.kv_heads * c.head_dim;
    Pages made({c.block_tokens, c.kv_heads, c.head_dim, type}, c.tokens);
    made.store(0, c.tokens, random_values(values, 1).data(), random_values(values, 2).data());
    return made;
  }
  std::vector<float> queries() const {
    const Case c = GetParam();
    return random_values(c.tokens * c.heads * c.head_dim, 3);
  }
};

std::vector<float> run(const AttentionParams& params, const Pages& pages, const std::vector<float>& q, int64_t begin,
                       int64_t end, int64_t keys) {
  const int64_t row = params.heads * pages.layout.head_dim;
  std::vector<float> y(static_cast<size_t>((end - begin) * row), -1);
  const int64_t items = attention_items(params, pages.layout, end - begin);
  for (int64_t item = 0; item < items; ++item) {
    attention(params, pages.view(), keys, q.data() + begin * row, row, end - begin, begin, item, item + 1, y.data(),
              row);
  }
  return y;
}

TEST_P(Attention, AgreesWithItsTwinOnEveryInstructionSet) {
  const Case c = GetParam();
  const std::vector<float> q = queries();
  const std::vector<float> table = random_values(c.heads * (2 * c.tokens + 1), 4, 3);
  for (const DType type : {DType::f32, DType::f16}) {
    const Pages stored = pages(type);
    for (const float* bias : {static_cast<const float*>(nullptr), table.data()}) {
      AttentionParams asked = params();
      asked.bias = bias;
      asked.bias_reach = c.tokens;
      std::vector<double> expected(q.size());
      for (int64_t i = 0; i < c.tokens * c.heads; ++i) {
        reference::attend(asked, stored.view(), c.tokens, i / c.heads, static_cast<int>(i % c.heads),
                          &q[static_cast<size_t>(i * c.head_dim)], &expected[static_cast<size_t>(i * c.head_dim)]);
      }
      const double tolerance = attention_tolerance(c.tokens, c.head_dim, bias == nullptr ? 6 : 9, 4);
      on_every_instruction_set([&] {
        const std::vector<float> y = run(asked, stored, q, 0, c.tokens, c.tokens);
        for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], tolerance) << dtype_name(type) << " " << i;
      });
    }
  }
}

TEST_P(Attention, AQueryIsTheSameInAnyCompany) {
  const Case c = GetParam();
  const std::vector<float> q = queries();
  for (const DType type : {DType::f32, DType::f16}) {
    const Pages stored = pages(type);
    on_every_instruction_set([&] {
      const std::vector<float> whole = run(params(), stored, q, 0, c.tokens, c.tokens);
      for (const int64_t piece : {int64_t{1}, int64_t{5}, int64_t{37}}) {
        std::vector<float> pieces;
        AttentionParams shared = params();
        shared.threads = static_cast<int>(piece);
        for (int64_t begin = 0; begin < c.tokens; begin += piece) {
          const int64_t end = std::min(begin + piece, c.tokens);
          const std::vector<float> part = run(shared, stored, q, begin, end, c.causal ? end : c.tokens);
          pieces.insert(pieces.end(), part.begin(), part.end());
        }
        ASSERT_EQ(pieces, whole) << dtype_name(type) << " in pieces of " << piece;
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         ::testing::Values(Case{1, 1, 8, 32, 1, 0, true, 0}, Case{9, 3, 64, 32, 75, 0, true, 0},
                                           Case{4, 1, 256, 32, 100, 40, true, 0}, Case{5, 5, 20, 64, 70, 8, true, 0},
                                           Case{6, 2, 24, 96, 41, 0, false, 0}, Case{2, 1, 80, 32, 130, 0, true, 30},
                                           Case{8, 2, 128, 160, 150, 0, false, 5}, Case{12, 1, 40, 32, 33, 1, true, 0},
                                           // Items of which not all rows see anything of a block.
                                           Case{8, 1, 16, 32, 400, 50, true, 0},
                                           Case{2, 2, 24, 32, 170, 24, false, 0}));

TEST(AttentionEdges, StoringLaterTokensLeavesEarlierOnes) {
  const KvLayout layout{32, 2, 12, DType::f16};
  const auto k = random_values(50 * 24, 1), v = random_values(50 * 24, 2);
  Pages once(layout, 50), twice(layout, 50);
  once.store(0, 50, k.data(), v.data());
  twice.store(0, 33, k.data(), v.data());
  twice.store(33, 17, k.data(), v.data());
  EXPECT_EQ(once.keys, twice.keys);
  EXPECT_EQ(once.values, twice.values);
}

TEST(AttentionEdges, LargeScoresDoNotOverflow) {
  const KvLayout layout{32, 1, 16, DType::f32};
  Pages pages(layout, 40);
  const std::vector<float> k = random_values(40 * 16, 1, 1e4f), v = random_values(40 * 16, 2),
                           q = random_values(40 * 16, 3, 1e4f);
  pages.store(0, 40, k.data(), v.data());
  const std::vector<float> y = run({.heads = 1}, pages, q, 0, 40, 40);
  for (size_t i = 0; i < y.size(); ++i) ASSERT_TRUE(std::isfinite(y[i]));
  for (size_t d = 0; d < 16; ++d) EXPECT_EQ(y[d], v[d]);  // the first query sees one key
}

}  // namespace
}  // namespace diptych::kernels::cpu
