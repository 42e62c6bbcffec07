// PNG (ISO 15948) through libpng; its text chunks are read by a walk of our own, so that they cost no decoding.
#pragma once

#include "engine/io/images/image.h"

namespace diptych {

// Error (invalid_file).
Image8 decode_png(std::span<const std::byte> bytes, const std::string& name, int64_t most_pixels);
ImageTexts png_texts(std::span<const std::byte> bytes, const std::string& name);

std::string encode_png(const Image8& image, const ImageTexts& texts);

}  // namespace diptych
