// Pictures on disk: PNG, JPEG and WebP, with the texts that image programs keep in them.
//
// Every byte that is read is untrusted: formats are told by their content, sizes are checked before memory is asked
// for, and a truncated file is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/images/image_texts.h"

namespace diptych {

struct Image8 {
  int64_t width = 0, height = 0;
  int channels = 3;             // 1: grey, 3: RGB, 4: RGBA with straight alpha
  std::vector<uint8_t> pixels;  // [height, width, channels]

  bool operator==(const Image8&) const = default;
};

enum class ImageFormat { png, jpeg, webp };

struct ImageFile {
  ImageFormat format = ImageFormat::png;
  Image8 image;
  ImageTexts texts;
};

inline constexpr int64_t most_image_pixels = int64_t{1} << 28;

// Upright, as EXIF's orientation says. `name` stands for the file in messages. Errors: invalid_file, unsupported
// (another format, an animation).
ImageFile parse_image(std::span<const std::byte> bytes, const std::string& name,
                      int64_t most_pixels = most_image_pixels);
ImageFile read_image(const std::filesystem::path& path);

// The texts alone, without decoding a pixel.
ImageTexts parse_image_texts(std::span<const std::byte> bytes, const std::string& name);
ImageTexts read_image_texts(const std::filesystem::path& path);

struct ImageWriteOptions {
  int quality = 90;       // of JPEG and WebP, 1 to 100
  bool lossless = false;  // of WebP
};

// Error (invalid_argument): sizes or texts that the format cannot hold; JPEG takes texts of 64 KB and no alpha.
std::string encode_image(const Image8& image, ImageFormat format, const ImageMetadata& metadata = {},
                         const ImageWriteOptions& options = {});
// By the name's ending: .png, .jpg, .jpeg, .webp. Written beside and renamed.
void write_image(const std::filesystem::path& path, const Image8& image, const ImageMetadata& metadata = {},
                 const ImageWriteOptions& options = {});

// By its first bytes. Error (unsupported).
ImageFormat image_format(std::span<const std::byte> bytes, const std::string& name);
// By its name's ending. Error (invalid_argument).
ImageFormat image_format_of_name(const std::filesystem::path& path);

}  // namespace diptych
