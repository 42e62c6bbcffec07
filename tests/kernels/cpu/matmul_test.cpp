#include "kernels/cpu/matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

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
  int64_t rows, cols;
};

struct Packed {
  Case shape;
  std::vector<std::byte> source, bytes;

  Packed(const Case& c, uint32_t seed)
      : shape(c), source(stored(c.type, c.rows * c.cols, seed)), bytes(packed_bytes(c.type, c.rows, c.cols)) {
    pack_rows(c.type, source.data(), c.rows, c.cols, 0, c.rows, bytes.data());
  }

  // Tokens [begin, end) of x, rows in steps of `step` tiles.
  std::vector<float> times(const std::vector<float>& x, int64_t begin, int64_t end, const float* bias = nullptr,
                           int64_t step = 1000) const {
    const auto& [type, rows, cols] = shape;
    std::vector<std::byte> prepared(activation_bytes(type, cols) * static_cast<size_t>(end - begin) + 64);
    prepare_activations(type, x.data() + begin * cols, cols, cols, 0, end - begin, prepared.data());
    std::vector<float> y(static_cast<size_t>((end - begin) * rows));
    for (int64_t row = 0; row < rows; row += step * tile_rows()) {
      matmul(type, bytes.data(), rows, cols, prepared.data(), end - begin, row,
             std::min(rows, row + step * tile_rows()), bias, y.data(), rows);
    }
    return y;
  }
};

class Matmul : public ::testing::TestWithParam<Case> {};

double magnitude(const Case& c, const float* w, const float* x) {
  double sum = 0;
  for (int64_t begin = 0; begin < c.cols; begin += 32) {
    const int64_t end = std::min(begin + 32, c.cols);
    float largest = 0;
    for (int64_t i = begin; i < end; ++i) largest = std::max(largest, std::abs(w[i]));
    for (int64_t i = begin; i < end; ++i) {
      sum += std::abs(static_cast<double>(x[i]) * (is_quantized(c.type) ? largest : w[i]));
    }
  }
  return sum;
}

TEST_P(Matmul, AgreesWithItsTwinOnEveryInstructionSet) {
  const Case c = GetParam();
  const int64_t tokens = 18;  // a wide panel, a narrow one and single tokens
  const Packed packed(c, 1);
  const std::vector<float> x = random_values(tokens * c.cols, 2), bias = random_values(c.rows, 3);
  std::vector<double> expected(static_cast<size_t>(tokens * c.rows));
  reference::matmul(c.type, packed.source.data(), c.rows, c.cols, x.data(), tokens, bias.data(), expected.data());
  std::vector<float> w(static_cast<size_t>(c.rows * c.cols));
  dequantize_row(c.type, packed.source.data(), w.data(), c.rows * c.cols);
  on_every_instruction_set([&] {
    const std::vector<float> y = packed.times(x, 0, tokens, bias.data());
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t r = 0; r < c.rows; ++r) {
        const auto i = static_cast<size_t>(t * c.rows + r);
        const double products = magnitude(c, &w[static_cast<size_t>(r * c.cols)], &x[static_cast<size_t>(t * c.cols)]);
        ASSERT_NEAR(y[i], expected[i],
                    matmul_tolerance(c.type, c.cols, products + std::abs(bias[static_cast<size_t>(r)])))
            << "token " << t << " row " << r;
      }
    }
  });
}

TEST_P(Matmul, IsTheSameForAnyBatchAndAnyRangeOfRows) {
  const Case c = GetParam();
  const Packed packed(c, 4);
  const int64_t tokens = 209;  // more than a panel of 192
  const std::vector<float> x = random_values(tokens * c.cols, 5);
  on_every_instruction_set([&] {
    const std::vector<float> whole = packed.times(x, 0, tokens);
    EXPECT_EQ(packed.times(x, 0, tokens, nullptr, 1), whole);
    std::vector<float> pieces;
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {1, 6}, {6, 19}, {19, tokens}}) {
      const std::vector<float> piece = packed.times(x, begin, end);
      pieces.insert(pieces.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(pieces, whole);
  });
}

TEST_P(Matmul, GatheredRowsAreExact) {
  const Case c = GetParam();
  const Packed packed(c, 6);
  std::vector<float> w(static_cast<size_t>(c.rows * c.cols)), rows(static_cast<size_t>(3 * c.cols));
  dequantize_row(c.type, packed.source.data(), w.data(), c.rows * c.cols);
  const std::vector<int32_t> ids{static_cast<int32_t>(c.rows - 1), 0, static_cast<int32_t>(c.rows / 2)};
  gather_packed_rows(c.type, packed.bytes.data(), c.rows, c.cols, ids.data(), 0, 3, rows.data(), c.cols);
  for (size_t i = 0; i < 3; ++i) {
    for (int64_t col = 0; col < c.cols; ++col) {
      ASSERT_EQ(rows[i * static_cast<size_t>(c.cols) + static_cast<size_t>(col)],
                w[static_cast<size_t>(ids[i] * c.cols + col)]);
    }
  }
}

TEST_P(Matmul, PackedSizeStaysNearTheFiles) {
  const Case c = GetParam();
  const auto file = static_cast<double>(dtype_bytes(c.type, 160 * c.cols));
  EXPECT_LE(static_cast<double>(packed_bytes(c.type, 160, c.cols)), 1.03 * file);
}

INSTANTIATE_TEST_SUITE_P(Types, Matmul,
                         ::testing::Values(Case{DType::f32, 37, 100}, Case{DType::f32, 64, 1100},
                                           Case{DType::f32, 1, 1}, Case{DType::f16, 33, 70}, Case{DType::bf16, 48, 129},
                                           Case{DType::q4_0, 40, 96}, Case{DType::q4_1, 64, 576},
                                           Case{DType::q5_0, 17, 640}, Case{DType::q5_1, 16, 64},
                                           Case{DType::q8_0, 100, 160}, Case{DType::q8_0, 3, 32},
                                           Case{DType::q8_0, 48, 1088}, Case{DType::q4_k, 40, 512},
                                           Case{DType::q5_k, 24, 256}, Case{DType::q6_k, 33, 768}),
                         [](const auto& info) {
                           return std::string(dtype_name(info.param.type)) + "_" + std::to_string(info.param.rows) +
                                  "x" + std::to_string(info.param.cols);
                         });

// Added to what is there, from rows of x that are apart: as the product and then a sum.
TEST(StridedMatmul, WritesOrAddsTheProduct) {
  for (const Case& c : {Case{DType::f32, 37, 100}, Case{DType::f32, 50, 4}, Case{DType::f16, 33, 1100}}) {
    const Packed packed(c, 1);
    const int64_t tokens = 53, x_stride = c.cols + 3, y_stride = c.rows + 5;
    const std::vector<float> x = random_values(tokens * x_stride, 2), before = random_values(tokens * y_stride, 3);
    std::vector<float> dense;
    for (int64_t t = 0; t < tokens; ++t)
      dense.insert(dense.end(), x.begin() + t * x_stride, x.begin() + t * x_stride + c.cols);
    std::vector<double> product(static_cast<size_t>(tokens * c.rows));
    reference::matmul(c.type, packed.source.data(), c.rows, c.cols, dense.data(), tokens, nullptr, product.data());
    std::vector<float> w(static_cast<size_t>(c.rows * c.cols));
    dequantize_row(c.type, packed.source.data(), w.data(), c.rows * c.cols);
    on_every_instruction_set([&] {
      for (const bool add : {false, true}) {
        std::vector<float> y = before;
        strided_matmul(c.type, packed.bytes.data(), c.rows, c.cols, x.data(), x_stride, tokens, 0, c.rows, y.data(),
                       y_stride, add);
        for (int64_t t = 0; t < tokens; ++t) {
          for (int64_t r = 0; r < y_stride; ++r) {
            const auto i = static_cast<size_t>(t * y_stride + r);
            if (r >= c.rows) {
              ASSERT_EQ(y[i], before[i]) << "token " << t << " behind the rows";
              continue;
            }
            const double products =
                magnitude(c, &w[static_cast<size_t>(r * c.cols)], &dense[static_cast<size_t>(t * c.cols)]);
            const double first = add ? before[i] : 0;
            ASSERT_NEAR(y[i], first + product[static_cast<size_t>(t * c.rows + r)],
                        matmul_tolerance(c.type, c.cols, products + std::abs(first)))
                << "token " << t << " row " << r << (add ? ", added" : "");
          }
        }
      }
    });
  }
}

// From whatever token on, with columns that fill the last group or do not: the bits of rows that were left as they are.
TEST(RegroupedMatmul, GivesTheSameBits) {
  for (const Case& c : {Case{DType::f32, 37, 100}, Case{DType::f32, 272, 1024}, Case{DType::f16, 150, 1100},
                        Case{DType::bf16, 33, 64}, Case{DType::f32, 5, 3}}) {
    const Packed packed(c, 1);
    const int64_t tokens = 65, first = 7, count = 53, y_stride = c.rows + 5;
    const std::vector<float> x = random_values(tokens * c.cols, 2), bias = random_values(c.rows, 3);
    std::vector<float> grouped(static_cast<size_t>(tokens * regrouped_groups(c.cols) * regrouped_columns), 9.0f);
    for (const auto& [begin, end] : {std::pair{0, 20}, {20, 65}}) {
      regroup(x.data(), c.cols, c.cols, tokens, begin, end, grouped.data());
    }
    on_every_instruction_set([&] {
      std::vector<float> expected(static_cast<size_t>(count * y_stride), 1.0f), y = expected;
      matmul(c.type, packed.bytes.data(), c.rows, c.cols, reinterpret_cast<const std::byte*>(&x[first * c.cols]), count,
             0, c.rows, bias.data(), expected.data(), y_stride);
      regrouped_matmul(c.type, packed.bytes.data(), c.rows, c.cols, grouped.data(), tokens, first, first + count, 0,
                       c.rows, bias.data(), y.data(), y_stride, false);
      ASSERT_EQ(y, expected);
      strided_matmul(c.type, packed.bytes.data(), c.rows, c.cols, &x[first * c.cols], c.cols, count, 0, c.rows,
                     expected.data(), y_stride, true);
      regrouped_matmul(c.type, packed.bytes.data(), c.rows, c.cols, grouped.data(), tokens, first, first + count, 0,
                       c.rows, nullptr, y.data(), y_stride, true);
      ASSERT_EQ(y, expected) << "added";
    });
  }
}

// The extremes of levels and activations: sums of pairs that would not fit in 16 bits if they were taken carelessly.
TEST(MatmulExtremes, LargestLevelsMeetLargestActivations) {
  for (const DType type :
       {DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1, DType::q8_0, DType::q4_k, DType::q5_k, DType::q6_k}) {
    const int64_t rows = 16, cols = 256;
    std::vector<float> w(static_cast<size_t>(rows * cols)), x(static_cast<size_t>(cols));
    for (size_t i = 0; i < w.size(); ++i) w[i] = i / 256 % 2 == 0 ? 1.0f : -1.0f;
    for (int64_t r = 0; r < rows; ++r) w[static_cast<size_t>(r * cols + 5)] *= -1;
    for (size_t i = 0; i < x.size(); ++i) x[i] = i / 32 % 2 == 0 ? 127.0f : -127.0f;
    Packed packed({type, rows, cols}, 1);
    quantize_row(type, w.data(), packed.source.data(), rows * cols);
    pack_rows(type, packed.source.data(), rows, cols, 0, rows, packed.bytes.data());
    std::vector<double> expected(static_cast<size_t>(rows));
    reference::matmul(type, packed.source.data(), rows, cols, x.data(), 1, nullptr, expected.data());
    on_every_instruction_set([&] {
      const std::vector<float> y = packed.times(x, 0, 1);
      for (size_t r = 0; r < y.size(); ++r) {
        ASSERT_NEAR(y[r], expected[r], matmul_tolerance(type, cols, 256 * 127)) << dtype_name(type) << " row " << r;
      }
    });
  }
}

}  // namespace
}  // namespace diptych::kernels::cpu
