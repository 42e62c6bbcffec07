// Masks of inpainting as pictures: read, blurred, and laid over what was made.
#pragma once

#include <vector>

#include "engine/io/image.h"

namespace diptych::host {

// [height, width], 1 where it is painted anew: of pictures with any transparency what is transparent, of others what is
// bright (ITU-R BT.601).
std::vector<float> mask_values(const Image8& picture, int64_t width, int64_t height);

// A Gaussian of this standard deviation in pixels; edges are continued.
std::vector<float> blurred(std::vector<float> values, int64_t width, int64_t height, double deviation);

// What was made where the mask is 1, the original where it is 0, as other programs paste an inpainted part: outside
// the mask the picture stays as it was, which an autoencoder alone would not leave it.
Image8 laid_over(const Image8& original, const Image8& made, const std::vector<float>& mask);

}  // namespace diptych::host
