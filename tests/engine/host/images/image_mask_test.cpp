// Masks and previews as plain functions.
#include "engine/host/images/image_mask.h"

#include "engine/host/images/image_preview.h"
#include "tests/engine/host/images/image_host_testing.h"

namespace diptych::host {
namespace {

TEST(ImageMask, BrightOrTransparentIsPaintedAnew) {
  const std::vector<uint8_t> right{0, 255};
  EXPECT_EQ(mask_picture({2, 1, 1, {0, 255}}, 2, 1).pixels, right);
  EXPECT_EQ(mask_picture({2, 1, 4, {0, 0, 0, 255, 255, 255, 255, 255}}, 2, 1).pixels, right);
  EXPECT_EQ(mask_picture({2, 1, 4, {255, 255, 255, 255, 0, 0, 0, 0}}, 2, 1).pixels, right) << "transparent";
  EXPECT_EQ(coloured({1, 1, 1, {7}}), (Image8{1, 1, 3, {7, 7, 7}}));
}

TEST(ImagePreview, TakesALinearMap) {
  const std::vector<float> latents{0, 1, 0.5f, -1};              // [2, 1, 2]
  const std::vector<float> map{1, 0, 0, 0, 1, 0.5f, 0, 0, NAN};  // red: first, green: second + one half
  const Image8 image = mapped_latents(latents, map, 2, 1, 2);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{0, 255, 0, 255, 0, 0}));
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
