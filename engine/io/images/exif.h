// The few fields of EXIF (CIPA DC-008, a TIFF file inside the picture) that image programs write texts into.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/io/images/image_texts.h"

namespace diptych {

// A TIFF block with the text as UserComment, in UTF-16 of its byte order (big-endian), as A1111 writes it.
std::string write_exif(std::string_view user_comment);

struct Exif {
  // UserComment has the key "parameters". ImageDescription, Make and Model, where ComfyUI puts "workflow:{…}" and
  // "prompt:{…}", have the key that stands in front of the colon.
  ImageTexts texts;
  int orientation = 1;  // 1 to 8
};
// `block` with or without "Exif\0\0" in front. Fields that do not lie inside the block are left out: damaged metadata
// is no reason to refuse a picture.
Exif read_exif(std::span<const std::byte> block);

}  // namespace diptych
