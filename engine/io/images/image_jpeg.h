// JPEG through libjpeg, and the segments in which its texts stand.
#pragma once

#include "engine/io/images/image.h"

namespace diptych {

Image8 decode_jpeg(std::span<const std::byte> bytes, const std::string& name, int64_t most_pixels);

// What stands in front of the blocks in a segment APP1.
inline constexpr std::string_view jpeg_exif_name("Exif\0\0", 6);
inline constexpr std::string_view jpeg_xmp_name("http://ns.adobe.com/xap/1.0/\0", 29);

// The blocks of EXIF and XMP, without the names in front; empty where there are none.
struct JpegSegments {
  std::span<const std::byte> exif, xmp;
};
JpegSegments jpeg_segments(std::span<const std::byte> bytes, const std::string& name);

std::string encode_jpeg(const Image8& image, std::string_view exif, std::string_view xmp, int quality);

}  // namespace diptych
