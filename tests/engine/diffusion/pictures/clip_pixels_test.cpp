// Against transformers' CLIPImageProcessor (its Pillow backend).
#include "engine/diffusion/pictures/clip_pixels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/diffusion/drawn_picture.h"

namespace diptych::diffusion {
namespace {

// The mean of all values, and of all times their place from 1 on: a difference of one level anywhere shows in these.
struct ClipSums {
  double magnitude = 0, placed = 0;
};

ClipSums clip_sums(const std::vector<float>& values) {
  ClipSums sums;
  const auto count = static_cast<double>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    sums.magnitude += std::abs(values[i]) / count;
    sums.placed += values[i] * static_cast<double>(i + 1) / count;
  }
  return sums;
}

void expect_pixels(const Image8& image, int64_t side, const std::vector<float>& some, const ClipSums& wanted) {
  const std::vector<float> values = clip_pixels(image, side);
  ASSERT_EQ(values.size(), static_cast<size_t>(3 * side * side));
  const auto at = [&](int64_t c, int64_t y, int64_t x) {
    return values[static_cast<size_t>((c * side + y) * side + x)];
  };
  EXPECT_NEAR(at(0, 0, 0), some[0], 1e-5);
  EXPECT_NEAR(at(0, 3, 5), some[1], 1e-5);
  EXPECT_NEAR(at(1, side / 2, side / 2), some[2], 1e-5);
  EXPECT_NEAR(at(2, side - 1, side - 1), some[3], 1e-5);
  EXPECT_NEAR(clip_sums(values).magnitude, wanted.magnitude, 5e-6);  // a level of one pixel is 2e-5
  EXPECT_NEAR(clip_sums(values).placed, wanted.placed, 1e-4);
}

TEST(ClipPixels, AreThoseOfTheReference) {
  expect_pixels(testing::drawn_shapes(32, 24, 3), 16, {-1.54409f, 1.24421f, 0.70918f, 0.33995f}, {0.594904, -15.34467});
  expect_pixels(testing::drawn_noise(40, 61, 3), 14, {-0.01125f, -0.30322f, 0.81423f, 0.41105f}, {0.294919, 70.72265});
  expect_pixels(testing::drawn_shapes(20, 30, 1), 25, {-1.50029f, -1.4127f, 1.30949f, 0.09821f},
                {0.982249, 115.42997});  // it grows
}

TEST(ClipPixels, OfAThinPictureAreItsMiddle) {
  const std::vector<float> values =
      clip_pixels(testing::drawn_noise(200000, 1, 1), 8);  // stretched to 1.6 million pixels
  EXPECT_EQ(values.size(), 192u);
  EXPECT_EQ(clip_pixels(testing::drawn_noise(1, 200000, 1), 8).size(), 192u);
}

TEST(ClipPixels, LeaveAlphaOut) {
  Image8 image = testing::drawn_noise(9, 12, 3), with_alpha{9, 12, 4, {}};
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    with_alpha.pixels.push_back(image.pixels[i]);
    if (i % 3 == 2) with_alpha.pixels.push_back(17);
  }
  EXPECT_EQ(clip_pixels(image, 8), clip_pixels(with_alpha, 8));
}

}  // namespace
}  // namespace diptych::diffusion
