#include "kernels/cpu/average_pool.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cpu/reference/average_pool.h"
#include "kernels/cpu/tolerance.h"
#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

TEST(AveragePool, AgreesWithItsTwin) {
  for (const auto [height, width, channels] : {std::array<int64_t, 3>{6, 8, 5}, {7, 5, 19}, {1, 4, 3}, {3, 1, 1}}) {
    const std::vector<float> x = testing::random_values(height * width * channels, 3);
    const std::vector<double> exact(x.begin(), x.end());
    const int64_t lines = (height + 1) / 2, line_values = (width + 1) / 2 * channels;
    std::vector<float> y(static_cast<size_t>(lines * line_values));
    std::vector<double> expected(y.size());
    for (int64_t line = 0; line < lines; ++line) {
      average_pool_line(x.data(), height, width, channels, line, y.data() + line * line_values);
    }
    reference::average_pool(exact.data(), height, width, channels, expected.data());
    const double largest = std::abs(*std::ranges::max_element(x, {}, [](float v) { return std::abs(v); }));
    for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], average_pool_tolerance(largest)) << i;
  }
}

}  // namespace
}  // namespace diptych::kernels::cpu
