// The comparison itself: what is outside the tolerance by a little, missing or of another shape must be found.
#include "tests/golden/compare.h"

#include <gtest/gtest.h>

#include <limits>

namespace diptych::golden {
namespace {

using nlohmann::ordered_json;

class Compare : public testing::Test {
 protected:
  Tensor floats(std::initializer_list<float> values) {
    Tensor tensor = ctx.output({static_cast<int64_t>(values.size())});
    std::copy(values.begin(), values.end(), tensor.data<float>());
    return tensor;
  }
  Tensor integers(std::initializer_list<int64_t> values) {
    Tensor tensor = ctx.output({static_cast<int64_t>(values.size())}, DType::i64);
    std::copy(values.begin(), values.end(), tensor.data<int64_t>());
    return tensor;
  }

  Context ctx{cpu_device, 1};
  const ordered_json tolerance = {{"rtol", 1e-3}, {"atol", 1.0}, {"per_tensor_atol", {{"x", 0.01}}}};
};

TEST_F(Compare, AcceptsWhatIsInsideTheTensorsTolerance) {
  EXPECT_TRUE(compare({{"x", floats({100.0f, 0.0f})}}, {{"x", floats({100.1f, 0.009f})}}, tolerance).empty());
}

TEST_F(Compare, FindsWhatIsOutside) {
  EXPECT_EQ(compare({{"x", floats({100.0f})}}, {{"x", floats({100.2f})}}, tolerance).size(), 1u);
  EXPECT_EQ(compare({{"x", floats({0.0f})}}, {{"x", floats({0.02f})}}, tolerance).size(), 1u);
  EXPECT_TRUE(compare({{"other", floats({0.0f})}}, {{"other", floats({0.02f})}}, tolerance).empty());
}

TEST_F(Compare, FindsWhatIsNoNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(compare({{"x", floats({1.0f})}}, {{"x", floats({nan})}}, tolerance).size(), 1u);
}

TEST_F(Compare, FindsMissingAndMisshapenTensors) {
  EXPECT_EQ(compare({{"x", floats({1.0f})}}, {}, tolerance).size(), 1u);
  EXPECT_EQ(compare({{"x", floats({1.0f})}}, {{"x", floats({1.0f, 1.0f})}}, tolerance).size(), 1u);
  EXPECT_EQ(compare({{"x", integers({1})}}, {{"x", floats({1.0f})}}, tolerance).size(), 1u);
}

TEST_F(Compare, IntegersAreEqual) {
  EXPECT_TRUE(compare({{"x", integers({7, 8})}}, {{"x", integers({7, 8})}}, tolerance).empty());
  EXPECT_EQ(compare({{"x", integers({7, 8})}}, {{"x", integers({7, 9})}}, tolerance).size(), 1u);
}

TEST(CompareRows, FindsOtherTextsAndErrors) {
  const ordered_json expected = {{{"text", "a"}}, {{"error", "TemplateError: no"}}};
  EXPECT_TRUE(compare(expected, {{{"text", "a"}}, {{"error", "another wording"}}}).empty());
  EXPECT_EQ(compare(expected, {{{"text", "b"}}, {{"text", "c"}}}).size(), 2u);
  EXPECT_EQ(compare(expected, ordered_json::array({{{"text", "a"}}})).size(), 1u);
}

}  // namespace
}  // namespace diptych::golden
