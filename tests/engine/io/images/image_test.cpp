// Pictures of our own go round; those in tests/engine/io/images were written by Pillow.
#include "engine/io/images/image.h"

#include <cstdlib>
#include <cstring>

#include "engine/io/images/exif.h"
#include "engine/io/images/image_orientation.h"
#include "engine/io/images/xmp.h"
#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::testing;

namespace {

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/engine/io/images" / name;
}

Image8 pattern(int64_t width, int64_t height, int channels) {
  Image8 image{width, height, channels, {}};
  for (int64_t i = 0; i < width * height * channels; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 37 % 251));
  return image;
}

// Pillow's gradient: red by column, green by row.
Image8 gradient() {
  Image8 image{6, 4, 3, {}};
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x)
      for (const int value : {x * 40, y * 60, (x + y) * 20}) image.pixels.push_back(static_cast<uint8_t>(value));
  return image;
}

void expect_color(const Image8& image, int64_t x, int64_t y, std::vector<int> color) {
  for (size_t c = 0; c < color.size(); ++c) {
    const auto at = static_cast<size_t>((y * image.width + x) * image.channels) + c;
    EXPECT_LE(std::abs(image.pixels.at(at) - color[c]), 8) << x << ", " << y << " channel " << c;
  }
}

std::string text_of(const ImageTexts& texts, std::string_view key) {
  const std::string* text = find_text(texts, key);
  return text == nullptr ? "(none)" : *text;
}

const ImageMetadata metadata{"a \"cat\" <lora:x:1>, Grüße 世界 🎉\nSteps: 20", R"({"prompt": "a & b </x>"})",
                             DigitalSource::trained_model};

}  // namespace

TEST(Image, GoesRoundWithoutLoss) {
  TemporaryFolder folder;
  for (const int channels : {1, 3, 4}) {
    const Image8 image = pattern(37, 19, channels);
    write_image(folder / "a.png", image);
    const ImageFile png = read_image(folder / "a.png");
    EXPECT_EQ(png.format, ImageFormat::png);
    EXPECT_EQ(png.image, image);
    EXPECT_TRUE(png.texts.empty());
  }
  const Image8 color = pattern(37, 19, 3);
  write_image(folder / "a.webp", color, {}, {.lossless = true});
  EXPECT_EQ(read_image(folder / "a.webp").image, color);
}

TEST(Image, KeepsItsTextsInEveryFormat) {
  TemporaryFolder folder;
  const Image8 image = pattern(16, 16, 3);
  for (const char* name : {"a.png", "a.jpg", "a.webp"}) {
    write_image(folder / name, image, metadata);
    const ImageTexts texts = read_image_texts(folder / name);
    EXPECT_EQ(text_of(texts, parameters_key), metadata.parameters) << name;
    EXPECT_EQ(text_of(texts, recipe_key), metadata.recipe) << name;
    EXPECT_NE(text_of(texts, xmp_key).find("digitalsourcetype/trainedAlgorithmicMedia"), std::string::npos) << name;
    EXPECT_EQ(read_image(folder / name).texts, texts) << name;
  }
}

TEST(Image, SaysWhetherAModelMadeItOrAProgramOnlyEnlargedIt) {
  TemporaryFolder folder;
  const auto packet = [&](DigitalSource source) {
    write_image(folder / "a.png", pattern(16, 16, 3), {.parameters = {}, .recipe = {}, .source = source});
    return text_of(read_image_texts(folder / "a.png"), xmp_key);
  };
  EXPECT_EQ(packet(DigitalSource::unsaid), "(none)");
  const std::string made = packet(DigitalSource::trained_model), enhanced = packet(DigitalSource::enhanced);
  EXPECT_TRUE(xmp_says_generated(made));
  EXPECT_FALSE(xmp_says_generated(enhanced));
  EXPECT_NE(enhanced.find("digitalsourcetype/algorithmicallyEnhanced"), std::string::npos);
}

TEST(Image, ReadsOtherProgramsPng) {
  const ImageFile file = read_image(fixture("texts.png"));
  EXPECT_EQ(file.image, gradient());
  EXPECT_EQ(text_of(file.texts, "parameters"), "a café\nSteps: 20");
  EXPECT_EQ(text_of(file.texts, "prompt").substr(0, 18), R"({"3": {}}{"3": {}})");
  EXPECT_EQ(text_of(file.texts, "workflow"), R"({"name": "世界"})");
  EXPECT_EQ(text_of(file.texts, "Title"), "Über");

  const Image8 palette = read_image(fixture("palette.png")).image;
  ASSERT_EQ(palette.channels, 4);
  EXPECT_EQ((std::vector<uint8_t>{palette.pixels.begin(), palette.pixels.begin() + 8}),
            (std::vector<uint8_t>{10, 20, 30, 255, 40, 50, 60, 0}));
  const Image8 grey = read_image(fixture("grey16.png")).image;
  ASSERT_EQ(grey.channels, 1);
  for (size_t i = 0; i < grey.pixels.size(); ++i) EXPECT_EQ(grey.pixels[i], i * 10);
  const Image8 grey_alpha = read_image(fixture("grey_alpha.png")).image;
  ASSERT_EQ(grey_alpha.channels, 4);
  for (size_t i = 0; i < grey.pixels.size(); ++i) {
    EXPECT_EQ(grey_alpha.pixels[4 * i + 1], i * 10);
    EXPECT_EQ(grey_alpha.pixels[4 * i + 3], i * 5);
  }
}

TEST(Image, ReadsOtherProgramsJpeg) {
  const ImageFile rotated = read_image(fixture("rotated.jpg"));
  ASSERT_EQ(rotated.image.width, 16);
  ASSERT_EQ(rotated.image.height, 32);
  expect_color(rotated.image, 3, 3, {0, 0, 250});  // what lay below on the left
  expect_color(rotated.image, 12, 3, {250, 0, 0});
  expect_color(rotated.image, 3, 28, {250, 250, 250});
  EXPECT_EQ(text_of(rotated.texts, parameters_key), "a 世 cat\nSteps: 20");
  for (const char* name : {"progressive.jpg", "cmyk.jpg"}) {
    const Image8 image = read_image(fixture(name)).image;
    ASSERT_EQ(image.width, 32);
    ASSERT_EQ(image.channels, 3);
    expect_color(image, 3, 3, {250, 0, 0});
    expect_color(image, 28, 3, {0, 250, 0});
    expect_color(image, 28, 12, {250, 250, 250});
  }
  EXPECT_EQ(read_image(fixture("grey.jpg")).image.channels, 1);
}

TEST(Image, ReadsOtherProgramsWebp) {
  const ImageFile comfy = read_image(fixture("comfy.webp"));
  EXPECT_EQ(comfy.image, gradient());
  EXPECT_EQ(text_of(comfy.texts, "workflow"), R"({"nodes": []})");
  EXPECT_EQ(text_of(comfy.texts, "prompt"), R"({"1": {}})");
  const Image8 alpha = read_image(fixture("alpha.webp")).image;
  ASSERT_EQ(alpha.channels, 4);
  EXPECT_EQ(alpha.pixels[3], 128);
  EXPECT_EQ(error_of([] { read_image(fixture("animation.webp")); }).category(), ErrorCategory::unsupported);
}

TEST(Image, RefusesTruncatedFilesAtEveryLength) {
  for (const char* name : {"texts.png", "palette.png", "rotated.jpg", "progressive.jpg", "comfy.webp", "alpha.webp"}) {
    const std::vector<std::byte> bytes = read_bytes(fixture(name));
    for (size_t length = 12; length + 2 < bytes.size(); ++length) {
      try {
        parse_image(std::span(bytes).first(length), name);
        ADD_FAILURE() << name << " read with " << length << " of " << bytes.size() << " bytes";
      } catch (const Error& error) {
        EXPECT_EQ(error.category(), ErrorCategory::invalid_file) << name;
      }
    }
  }
}

TEST(Image, RefusesWhatItCannotHold) {
  TemporaryFolder folder;
  write_bytes(folder / "a.gif", "GIF89a________");
  EXPECT_EQ(error_of([&] { read_image(folder / "a.gif"); }).category(), ErrorCategory::unsupported);
  const Image8 image = pattern(4, 4, 4);
  EXPECT_EQ(error_of([&] { write_image(folder / "a.gif", image); }).category(), ErrorCategory::invalid_argument);
  EXPECT_EQ(error_of([&] { write_image(folder / "a.jpg", image); }).category(), ErrorCategory::invalid_argument);
  const ImageMetadata large{std::string(40000, 'x'), "", DigitalSource::unsaid};  // two bytes each
  EXPECT_EQ(error_of([&] { write_image(folder / "a.jpg", pattern(4, 4, 3), large); }).category(),
            ErrorCategory::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.jpg"));
  write_image(folder / "a.webp", image, large);
  EXPECT_EQ(text_of(read_image_texts(folder / "a.webp"), parameters_key), large.parameters);

  std::vector<std::byte> png = read_bytes(fixture("texts.png"));
  EXPECT_EQ(error_of([&] { parse_image(png, "small", 23); }).category(), ErrorCategory::invalid_file);
  // A header that promises more than the file holds (CRC put right) must not ask for the memory.
  const std::string promise("\0\0\x40\0\0\0\x40\0\x08\x02\0\0\0\x26\xAA\x87\xD3", 17);
  std::memcpy(png.data() + 16, promise.data(), promise.size());
  EXPECT_EQ(error_of([&] { parse_image(png, "promise"); }).category(), ErrorCategory::invalid_file);
}

TEST(Image, TurnsEveryOrientationUpright) {
  const Image8 stored{2, 3, 1, {1, 2, 3, 4, 5, 6}};
  const std::vector<std::vector<uint8_t>> upright{{1, 2, 3, 4, 5, 6}, {2, 1, 4, 3, 6, 5}, {6, 5, 4, 3, 2, 1},
                                                  {5, 6, 3, 4, 1, 2}, {1, 3, 5, 2, 4, 6}, {5, 3, 1, 6, 4, 2},
                                                  {6, 4, 2, 5, 3, 1}, {2, 4, 6, 1, 3, 5}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Image8 image = stored;
    turn_upright(image, orientation);
    EXPECT_EQ(image.pixels, upright[static_cast<size_t>(orientation - 1)]) << orientation;
    EXPECT_EQ(image.width, orientation < 5 ? 2 : 3);
  }
}

TEST(Exif, SurvivesAnyBytes) {
  const std::string whole = write_exif("a cat");
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_TRUE(read_exif(as_bytes(whole.substr(0, length))).texts.empty()) << length;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = '\xFF';
    read_exif(as_bytes(damaged));
  }
  EXPECT_EQ(text_of(read_exif(as_bytes("Exif" + std::string(2, '\0') + whole)).texts, parameters_key), "a cat");
}

// Entries that share their bytes, and folders that share their entries, must not multiply what is read.
TEST(Exif, ReadsEachTextOnce) {
  const auto big = [](std::string& to, uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) to += static_cast<char>(value >> (8 * i));
  };
  constexpr uint32_t entries = 1000, folder_bytes = 2 + 12 * entries, inner = 8 + folder_bytes;
  std::string block("MM\0*\0\0\0\x08", 8);
  for (const uint32_t tag : {0x8769u, 0x9286u}) {  // each entry of the first folder names the second one
    big(block, entries, 2);
    for (uint32_t i = 0; i < entries; ++i) {
      big(block, tag, 2);
      big(block, tag == 0x8769 ? 4 : 7, 2);
      big(block, tag == 0x8769 ? 1 : inner, 4);
      big(block, tag == 0x8769 ? inner : 0, 4);
    }
  }
  const Exif exif = read_exif(as_bytes(block));
  EXPECT_EQ(exif.texts.size(), 1u);

  std::string named("MM\0*\0\0\0\x08", 8);  // one key for each entry, all with the rest of the block
  big(named, 600, 2);
  const uint32_t texts = 8 + 2 + 12 * 600;
  for (uint32_t i = 0; i < 600; ++i) {
    big(named, 0x010F, 2);
    big(named, 2, 2);
    big(named, 600 * 3 - 3 * i, 4);
    big(named, texts + 3 * i, 4);
  }
  for (int i = 0; i < 600; ++i) named += {static_cast<char>('a' + i / 26 % 26), static_cast<char>('a' + i % 26), ':'};
  EXPECT_EQ(read_exif(as_bytes(named)).texts.size(), 16u);
}

TEST(Xmp, SaysNothingWithoutCause) {
  EXPECT_EQ(write_xmp({"a cat", "", DigitalSource::unsaid}, true), "");
  EXPECT_EQ(recipe_of_xmp("<x:xmpmeta/>"), std::nullopt);
  EXPECT_EQ(recipe_of_xmp("<diptych:Recipe>{"), std::nullopt);
}
