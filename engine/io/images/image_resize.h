// Pictures in another size.
#pragma once

#include "engine/io/images/image.h"

namespace diptych {

// Filtered by a cubic (Mitchell & Netravali 1988) where it grows, by averaging where it shrinks; alpha is weighed in.
Image8 resized(const Image8& image, int64_t width, int64_t height);

}  // namespace diptych
