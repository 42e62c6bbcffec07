#include "kernels/cpu/transpose.h"

#include <array>

#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

// Sizes on both sides of what is turned in registers, in ranges of columns, with rows that are apart.
TEST(Transpose, TurnsEveryValueOfItsRange) {
  for (const auto [rows, cols, gap] :
       {std::array<int64_t, 3>{1, 1, 0}, {3, 5, 0}, {4, 16, 0}, {17, 35, 2}, {64, 20, 12}, {50, 100, 1}}) {
    const int64_t x_stride = cols + gap, y_stride = rows + gap;
    const std::vector<float> x = testing::random_values(rows * x_stride, 5);
    for (const int64_t begin : {int64_t{0}, cols / 3}) {
      const int64_t end = begin + (cols - begin + 1) / 2;
      std::vector<float> y(static_cast<size_t>(cols * y_stride), -7.0f), expected = y;
      transpose(x.data(), x_stride, rows, begin, end, y.data(), y_stride);
      for (int64_t c = begin; c < end; ++c) {
        for (int64_t r = 0; r < rows; ++r)
          expected[static_cast<size_t>(c * y_stride + r)] = x[static_cast<size_t>(r * x_stride + c)];
      }
      EXPECT_EQ(y, expected) << rows << " x " << cols << " from " << begin;
    }
  }
}

}  // namespace
}  // namespace diptych::kernels::cpu
