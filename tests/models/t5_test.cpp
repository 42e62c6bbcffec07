// T5's relative positions against values computed with transformers' _relative_position_bucket.
#include <gtest/gtest.h>

#include "models/t5/t5_encoder.h"

namespace diptych::models {
namespace {

TEST(T5RelativePosition, SingleDistancesThenRanges) {
  // 32 buckets up to 128: each side has 8 for single distances and 8 for ranges.
  const std::pair<int64_t, int32_t> expected[] = {
      {0, 0},   {-1, 1},  {1, 17},   {-7, 7},   {7, 23},   {-8, 8},    {8, 24},     {-11, 8},  {-12, 9},
      {16, 26}, {32, 28}, {-64, 14}, {-90, 14}, {-91, 15}, {-127, 15}, {-1000, 15}, {128, 31}, {100000, 31}};
  for (const auto& [distance, bucket] : expected)
    EXPECT_EQ(relative_position_bucket(distance, 32, 128), bucket) << distance;
}

}  // namespace
}  // namespace diptych::models
