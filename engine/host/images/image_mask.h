// Masks as clients send them.
#pragma once

#include "engine/io/images/image.h"

namespace diptych::host {

// One channel, 255 where it is painted anew: of pictures with any transparency what is transparent, of others what is
// bright.
Image8 mask_picture(const Image8& picture, int64_t width, int64_t height);

Image8 coloured(const Image8& grey);  // three equal channels

}  // namespace diptych::host
