#include "kernels/cpu/strassen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/cpu/matmul.h"
#include "kernels/cpu/reference/matmul.h"
#include "kernels/cpu/tolerance.h"
#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

using testing::on_every_instruction_set;
using testing::random_values;
using testing::stored;

struct Case {
  DType type;
  int64_t samples, tokens, rows, cols;
};

class Strassen : public ::testing::TestWithParam<Case> {
 protected:
  const Case c = GetParam();
  const std::vector<std::byte> source = stored(c.type, c.rows* c.cols, 1);
  const std::vector<float> x = random_values(c.samples * c.tokens * c.cols, 2), bias = random_values(c.rows, 3);
  std::vector<std::byte> packed = std::vector<std::byte>(packed_bytes(c.type, c.rows, c.cols));

  void SetUp() override { pack_rows(c.type, source.data(), c.rows, c.cols, 0, c.rows, packed.data()); }

  // The samples [begin, end), in steps of so many pairs of tokens and tiles of rows.
  std::vector<float> times(int64_t begin, int64_t end, int64_t token_step = 1 << 20,
                           int64_t tile_step = 1 << 20) const {
    const int64_t samples = end - begin, pairs = samples * c.tokens / 2, values = c.tokens * c.cols;
    std::vector<float> combined(static_cast<size_t>(strassen_values(samples, c.tokens, c.cols)), 9.0f);
    const int64_t y_stride = c.rows + 5, row_step = std::min(tile_step * tile_rows(), c.rows / 2);
    std::vector<float> y(static_cast<size_t>(samples * c.tokens * y_stride), 7.0f);
    for (int64_t col = 0; col < c.cols / 2; col += strassen_run(c.cols)) {
      for (int64_t pair = 0; pair < pairs; pair += std::min(token_step, pairs)) {
        strassen_combine(x.data() + begin * values, samples, c.tokens, c.cols, col, pair,
                         std::min(pair + token_step, pairs), combined.data());
      }
      const StrassenProduct product{c.type,  packed.data(), c.rows,      c.cols,   col,     combined.data(),
                                    samples, c.tokens,      bias.data(), y.data(), y_stride};
      for (int64_t pair = 0; pair < pairs; pair += std::min(token_step, pairs)) {
        for (int64_t row = 0; row < c.rows / 2; row += row_step) {
          strassen_matmul(product, pair, std::min(pair + token_step, pairs), row, std::min(row + row_step, c.rows / 2));
        }
      }
    }
    return y;
  }
};

TEST_P(Strassen, IsTheProduct) {
  const int64_t tokens = c.samples * c.tokens;
  std::vector<double> expected(static_cast<size_t>(tokens * c.rows));
  reference::matmul(c.type, source.data(), c.rows, c.cols, x.data(), tokens, bias.data(), expected.data());
  // Four times what a column's largest products would be rounded by: sums of halves are up to twice as large, twice.
  const double tolerance = 4.0 * static_cast<double>(c.cols) * half_epsilon * 4.5 * 0.25 + 4 * half_epsilon;
  on_every_instruction_set([&] {
    const std::vector<float> y = times(0, c.samples);
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t r = 0; r < c.rows; ++r) {
        ASSERT_NEAR(y[static_cast<size_t>(t * (c.rows + 5) + r)], expected[static_cast<size_t>(t * c.rows + r)],
                    tolerance)
            << "token " << t << " row " << r;
      }
      for (int64_t r = c.rows; r < c.rows + 5; ++r) ASSERT_EQ(y[static_cast<size_t>(t * (c.rows + 5) + r)], 7.0f);
    }
  });
}

TEST_P(Strassen, IsTheSameForAnySamplesAndRanges) {
  on_every_instruction_set([&] {
    const std::vector<float> whole = times(0, c.samples);
    EXPECT_EQ(times(0, c.samples, 7, 1), whole);
    std::vector<float> alone;
    for (int64_t sample = 0; sample < c.samples; ++sample) {
      const std::vector<float> one = times(sample, sample + 1);
      alone.insert(alone.end(), one.begin(), one.end());
    }
    EXPECT_EQ(alone, whole);
  });
}

INSTANTIATE_TEST_SUITE_P(Shapes, Strassen,
                         ::testing::Values(Case{DType::f32, 1, 30, 96, 256}, Case{DType::f16, 2, 70, 320, 1408},
                                           Case{DType::bf16, 3, 26, 64, 128}, Case{DType::f16, 1, 2, 32, 128}));

TEST(StrassenShapes, AreThoseThatHalve) {
  EXPECT_TRUE(takes_strassen(DType::f16, 1152, 1152));
  EXPECT_FALSE(takes_strassen(DType::f16, 1168, 1152));  // half of it is no multiple of a tile
  EXPECT_FALSE(takes_strassen(DType::f32, 1152, 320));
  EXPECT_FALSE(takes_strassen(DType::q8_0, 1152, 1152));
  EXPECT_TRUE(pays_strassen(1024, 3072, 3072));
  EXPECT_TRUE(pays_strassen(1024, 640, 1280));
  EXPECT_FALSE(pays_strassen(4096, 320, 640));
  EXPECT_FALSE(pays_strassen(1023, 3072, 3072));
  EXPECT_FALSE(pays_strassen(77, 3072, 3072));
}

TEST(StrassenRuns, CoverAHalfInNearlyEqualParts) {
  EXPECT_EQ(strassen_run(1280), 640);
  EXPECT_EQ(strassen_run(1408), 384);  // and 320
  EXPECT_EQ(strassen_run(3072), 512);
  EXPECT_EQ(strassen_run(128), 64);
}

}  // namespace
}  // namespace diptych::kernels::cpu
