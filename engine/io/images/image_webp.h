// WebP through libwebp, and its chunks of EXIF and XMP through libwebpmux.
#pragma once

#include "engine/io/images/image.h"

namespace diptych {

// Error (unsupported): animations.
Image8 decode_webp(std::span<const std::byte> bytes, const std::string& name, int64_t most_pixels);

struct WebpChunks {
  std::string exif, xmp;  // empty where there are none
};
WebpChunks webp_chunks(std::span<const std::byte> bytes, const std::string& name);

std::string encode_webp(const Image8& image, std::string_view exif, std::string_view xmp,
                        const ImageWriteOptions& options);

}  // namespace diptych
