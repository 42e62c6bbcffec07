// Canny's edges (Canny 1986) of a picture, as control models know them: pixel for pixel what OpenCV's cv::Canny gives
// with a 3x3 Sobel operator, the L1 norm of the gradient and no blur before it.
#pragma once

#include "engine/io/images/image.h"

namespace diptych::diffusion {

// Gradients above `high` are edges, and those above `low` that hang together with them. The sum of both directions
// reaches 2040. One channel, 255 on edges and 0 elsewhere. Colour: each pixel's strongest channel; alpha is left out.
Image8 canny(const Image8& image, double low = 100, double high = 200);

}  // namespace diptych::diffusion
