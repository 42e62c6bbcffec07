// Against OpenCV 5.0's cv::Canny: every pixel.
#include "engine/diffusion/pictures/canny.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/engine/diffusion/drawn_picture.h"

namespace diptych::diffusion {
namespace {

using testing::drawn_noise;
using testing::drawn_shapes;

// The lines of an image up to 32 pixels wide, a bit for each pixel.
std::vector<uint32_t> lines_of(const Image8& edges) {
  std::vector<uint32_t> lines;
  for (int64_t y = 0; y < edges.height; ++y) {
    uint32_t line = 0;
    for (int64_t x = 0; x < edges.width; ++x) {
      line = line << 1 | (edges.pixels[static_cast<size_t>(y * edges.width + x)] != 0 ? 1u : 0u);
    }
    lines.push_back(line);
  }
  return lines;
}

uint32_t hash_of(const Image8& edges) {
  uint32_t hash = 0;
  for (const uint8_t pixel : edges.pixels) hash = hash * 31 + (pixel != 0 ? 1 : 0);
  return hash;
}

TEST(Canny, DrawsWhatOpenCvDraws) {
  EXPECT_EQ(
      lines_of(canny(drawn_shapes(32, 24, 3))),
      (std::vector<uint32_t>{0x0,       0x0,       0x2e0000,  0xd19da0,  0x3006250, 0x2002008, 0x4001010, 0x4001010,
                             0x8001010, 0x8000808, 0x4000808, 0x4000808, 0x8001010, 0x40010d0, 0x4001720, 0x2002000,
                             0x3006000, 0xf78000,  0x480000,  0x0,       0x0,       0x0,       0x0,       0x0}));
  EXPECT_EQ(lines_of(canny(drawn_noise(32, 24, 1), 300.7, 500.2)),
            (std::vector<uint32_t>{0x8f9fdc66, 0x80602300, 0x174728a8, 0x4c0c4220, 0x4509480,  0x94717481,
                                   0xf41050f1, 0x5200004,  0x5000831,  0x8090440,  0x1a142ed9, 0x1234a18c,
                                   0x10644c96, 0x13d522a0, 0xc0b492e9, 0xb8105029, 0x8c264f81, 0x87a88089,
                                   0xc08682b0, 0x1e0082c8, 0x41c002a4, 0x820202ac, 0x803ae0a0, 0x84c9a621}));
}

TEST(Canny, AgreesOnOtherSizesAndThresholds) {
  EXPECT_EQ(hash_of(canny(drawn_shapes(61, 47, 3), 100, 200)), 4226299674u);
  EXPECT_EQ(hash_of(canny(drawn_noise(61, 47, 3), 100, 200)), 3128819612u);
  EXPECT_EQ(hash_of(canny(drawn_shapes(128, 90, 1), 150, 50)), 3949192422u);  // in whatever order
  EXPECT_EQ(hash_of(canny(drawn_noise(128, 90, 1), 50, 150)), 3255897475u);
  EXPECT_EQ(hash_of(canny(drawn_noise(33, 2, 3), 100, 200)), 3202062627u);
}

TEST(Canny, GivesOneChannelOfBlackAndWhite) {
  const Image8 edges = canny(drawn_noise(20, 10, 4));
  EXPECT_EQ(edges.channels, 1);
  EXPECT_EQ(edges.pixels.size(), 200u);
  EXPECT_TRUE(std::ranges::all_of(edges.pixels, [](uint8_t pixel) { return pixel == 0 || pixel == 255; }));
  EXPECT_EQ(canny({1, 1, 1, {7}}).pixels, std::vector<uint8_t>{0});
}

}  // namespace
}  // namespace diptych::diffusion
