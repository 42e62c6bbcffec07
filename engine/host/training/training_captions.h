// Captions of pictures, in the text files beside them.
#pragma once

#include <filesystem>

#include "engine/api/training_plan.h"

namespace diptych::host {

// Writes the caption beside the picture (NAME.txt, or the caption file that is there), or removes it. The answer's
// `before` undoes it. Error: not_found, invalid_argument (no picture, no text), io.
api::CaptionEdit edit_caption(api::CaptionEdit edit);

// A JPEG whose longer side is at most `size`. Error as read_image.
std::string picture_thumbnail(const std::filesystem::path& file, int size);

}  // namespace diptych::host
