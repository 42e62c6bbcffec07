// XMP packets (ISO 16684-1): how a picture says that a model made it (IPTC's DigitalSourceType), and where JPEG and
// WebP keep our recipe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/io/images/image_texts.h"

namespace diptych {

// Empty where there is nothing to say. `with_recipe`: where the format has no other place for it.
std::string write_xmp(const ImageMetadata& metadata, bool with_recipe);

// Whether a trained model made the picture, or a part of it.
bool xmp_says_generated(std::string_view packet);

// Our recipe; none in packets of other programs.
std::optional<std::string> recipe_of_xmp(std::string_view packet);

}  // namespace diptych
