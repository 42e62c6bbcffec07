#include "engine/diffusion/pictures/image_tensor.h"

#include <gtest/gtest.h>

#include <limits>

using namespace diptych;
using namespace diptych::diffusion;

TEST(ImageTensor, EveryByteSurvives) {
  for (const PixelRange range : {PixelRange::signed_unit, PixelRange::unit}) {
    Image8 image{16, 16, 3, std::vector<uint8_t>(16 * 16 * 3)};
    for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i / 3 + i % 3 * 50);
    EXPECT_EQ(image_of_planes(image_planes(image, range), 3, 16, 16, range), image);
  }
}

TEST(ImageTensor, PlanesAreInOrder) {
  const Image8 image{2, 1, 4, {255, 0, 51, 9, 0, 255, 102, 9}};
  EXPECT_EQ(image_planes(image, PixelRange::unit), (std::vector<float>{1, 0, 0, 1, 0.2f, 0.4f}));
  EXPECT_EQ(image_planes({1, 1, 1, {0}}, PixelRange::signed_unit), (std::vector<float>{-1, -1, -1}));
}

TEST(ImageTensor, RoundsAndLimits) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> planes{-2, -1, 0, 1, 7, nan, infinity, -infinity};
  EXPECT_EQ(image_of_planes(planes, 1, 2, 4, PixelRange::signed_unit).pixels,
            (std::vector<uint8_t>{0, 0, 128, 255, 255, 0, 255, 0}));
  EXPECT_EQ(image_of_planes(std::vector<float>{0.4f / 255, 0.6f / 255, 2.5f / 255}, 1, 1, 3, PixelRange::unit).pixels,
            (std::vector<uint8_t>{0, 1, 2}));
}
