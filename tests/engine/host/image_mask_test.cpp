// Masks and previews as plain functions.
#include "engine/host/image_mask.h"

#include "engine/host/image_preview.h"
#include "tests/engine/host/image_host_testing.h"

namespace diptych::host {
namespace {

TEST(ImageMask, BrightOrTransparentIsPaintedAnew) {
  const Image8 grey{2, 1, 1, {0, 255}};
  EXPECT_EQ(mask_values(grey, 2, 1), (std::vector<float>{0, 1}));
  const Image8 opaque{2, 1, 4, {0, 0, 0, 255, 255, 255, 255, 255}};
  EXPECT_EQ(mask_values(opaque, 2, 1), (std::vector<float>{0, 1}));
  const Image8 holed{2, 1, 4, {255, 255, 255, 255, 0, 0, 0, 0}};
  EXPECT_EQ(mask_values(holed, 2, 1), (std::vector<float>{0, 1}));
}

TEST(ImageMask, BlurringKeepsTheMeanAndEdges) {
  std::vector<float> values(32 * 32, 0);
  values[16 * 32 + 16] = 1;
  const std::vector<float> soft = blurred(values, 32, 32, 2);
  double sum = 0;
  for (const float value : soft) sum += value;
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_NEAR(soft[16 * 32 + 16], 1 / (2 * 3.14159265 * 4), 2e-3);  // the Gaussian's peak, cut at 3 deviations
  EXPECT_FLOAT_EQ(soft[16 * 32 + 14], soft[14 * 32 + 16]);
  const std::vector<float> flat = blurred(std::vector<float>(20, 0.5f), 5, 4, 3);
  for (const float value : flat) EXPECT_NEAR(value, 0.5, 1e-6);
  EXPECT_EQ(blurred(values, 32, 32, 0), values);
}

TEST(ImageMask, WhatIsOutsideStaysAsItWas) {
  const Image8 original{3, 1, 3, {10, 20, 30, 40, 50, 60, 70, 80, 90}};
  const Image8 made{3, 1, 3, {200, 200, 200, 200, 200, 200, 200, 200, 200}};
  const Image8 over = laid_over(original, made, {0, 0.5f, 1});
  EXPECT_EQ(over.pixels, (std::vector<uint8_t>{10, 20, 30, 120, 125, 130, 200, 200, 200}));
}

TEST(ImagePreview, ShowsTheShapeThatLatentsHave) {
  // One half of every channel is low, the other high: the picture has the same halves.
  std::vector<float> latents(4 * 4 * 4);
  for (size_t i = 0; i < latents.size(); ++i) latents[i] = i % 16 < 8 ? -1.0f : 1.0f;
  const Image8 image = principal_components(latents, 4, 4, 4);
  ASSERT_EQ(image.pixels.size(), 48u);
  for (size_t pixel = 0; pixel < 16; ++pixel) {
    EXPECT_EQ(image.pixels[pixel * 3], pixel < 8 ? 0 : 255);
  }
  for (float& value : latents) value = 0.25f;
  for (const uint8_t value : principal_components(latents, 4, 4, 4).pixels) EXPECT_NEAR(value, 128, 1);
  latents[5] = NAN;
  EXPECT_EQ(principal_components(latents, 4, 4, 4).pixels.size(), 48u);
}

TEST(ImagePreview, IsNumbered) {
  ImagePreview preview;
  EXPECT_FALSE(preview.encode());
  const std::vector<float> latents(4 * 2 * 2, 1);
  EXPECT_EQ(preview.set(latents, 4, 2, 2), 1);
  EXPECT_EQ(preview.set(latents, 4, 2, 2), 2);
  EXPECT_EQ(preview.encode()->number, 2);
}

}  // namespace
}  // namespace diptych::host
