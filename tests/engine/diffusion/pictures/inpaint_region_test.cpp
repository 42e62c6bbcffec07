// Parts of pictures that are painted anew, put back with soft edges, and larger canvases.
#include "engine/diffusion/pictures/inpaint_region.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

Image8 flat_image(int64_t width, int64_t height, int channels, uint8_t value) {
  return {width, height, channels, std::vector<uint8_t>(static_cast<size_t>(width * height * channels), value)};
}

Image8 mask_with(int64_t width, int64_t height, const PixelRegion& white) {
  Image8 mask = flat_image(width, height, 1, 0);
  for (int64_t y = white.y; y < white.y + white.height; ++y) {
    for (int64_t x = white.x; x < white.x + white.width; ++x) mask.pixels[static_cast<size_t>(y * width + x)] = 255;
  }
  return mask;
}

TEST(InpaintRegion, LiesAroundTheMaskInTheImagesRatio) {
  const Image8 mask = mask_with(200, 100, {90, 40, 20, 10});
  EXPECT_EQ(masked_region(mask, 0, 20, 10), (PixelRegion{90, 40, 20, 10}));
  EXPECT_EQ(masked_region(mask, 5, 30, 20), (PixelRegion{85, 35, 30, 20}));
  EXPECT_EQ(masked_region(mask, 0, 1, 1), (PixelRegion{90, 35, 20, 20}));  // made higher
  EXPECT_EQ(masked_region(mask, 0, 4, 1), (PixelRegion{80, 40, 40, 10}));  // made wider
  // At the edge it is shifted inside, and where the picture ends the ratio gives way.
  EXPECT_EQ(masked_region(mask_with(200, 100, {0, 0, 10, 10}), 0, 3, 1), (PixelRegion{0, 0, 30, 10}));
  EXPECT_EQ(masked_region(mask_with(200, 100, {0, 0, 200, 10}), 0, 1, 1), (PixelRegion{0, 0, 200, 100}));
  EXPECT_EQ(testing::error_of([&] { masked_region(flat_image(9, 9, 1, 0), 3, 1, 1); }).category(),
            ErrorCategory::invalid_argument);
}

TEST(InpaintRegion, IsPutBackWhereTheMaskIsWhite) {
  const Image8 picture = flat_image(40, 30, 3, 100), part = flat_image(8, 8, 3, 200);
  const PixelRegion region{10, 5, 16, 16};
  const Image8 mask = mask_with(40, 30, {12, 8, 6, 6});
  const Image8 hard = with_region(picture, part, region, mask);
  for (int64_t y = 0; y < 30; ++y) {
    for (int64_t x = 0; x < 40; ++x) {
      const bool inside = x >= 12 && x < 18 && y >= 8 && y < 14;
      ASSERT_EQ(hard.pixels[static_cast<size_t>(3 * (y * 40 + x))], inside ? 200 : 100) << x << " " << y;
    }
  }
  const Image8 soft_mask = blurred_mask(mask, 2);
  const Image8 soft = with_region(picture, part, region, soft_mask);
  const auto at = [&](int64_t x, int64_t y) { return soft.pixels[static_cast<size_t>(3 * (y * 40 + x))]; };
  EXPECT_GT(at(14, 10), at(12, 10));
  EXPECT_GT(at(12, 10), at(10, 10));
  EXPECT_EQ(at(0, 0), 100);
  EXPECT_EQ(blurred_mask(mask, 0), mask);
  // What is white all over stays so.
  EXPECT_EQ(blurred_mask(flat_image(20, 10, 1, 255), 3), flat_image(20, 10, 1, 255));
}

TEST(Outpainting, DrawsEdgesOutAndMasksWhatIsNew) {
  Image8 picture = flat_image(10, 6, 1, 50);
  picture.pixels[9] = 90;  // the upper right corner
  const Canvas canvas = outpainting_canvas(picture, {.left = 0, .top = 0, .right = 5, .bottom = 0}, 2, 8);
  EXPECT_EQ(canvas.picture.width, 16);
  EXPECT_EQ(canvas.picture.height, 8);
  EXPECT_EQ(canvas.picture.pixels[3 * 15], 90);
  const auto mask_at = [&](int64_t x, int64_t y) { return canvas.mask.pixels[static_cast<size_t>(y * 16 + x)]; };
  EXPECT_EQ(mask_at(0, 0), 0);
  EXPECT_EQ(mask_at(7, 3), 0);
  EXPECT_EQ(mask_at(8, 3), 255);   // the overlap
  EXPECT_EQ(mask_at(15, 3), 255);  // new
  EXPECT_EQ(mask_at(0, 7), 255);   // new by rounding up
  EXPECT_EQ(testing::error_of([&] { outpainting_canvas(picture, {}, 2, 8); }).category(),
            ErrorCategory::invalid_argument);
}

}  // namespace
}  // namespace diptych::diffusion
