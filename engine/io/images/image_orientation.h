// Cameras store pictures as the sensor lay and say how to turn them.
#pragma once

#include "engine/io/images/image.h"

namespace diptych {

// EXIF's orientation, 1 to 8 (1: upright), undone.
void turn_upright(Image8& image, int orientation);

}  // namespace diptych
