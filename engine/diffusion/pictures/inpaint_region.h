// Inpainting at a picture's full resolution: only what lies around the mask goes through the model, at the model's own
// size, and is put back with a soft edge. And outpainting: a larger canvas whose new parts are the mask.
#pragma once

#include "engine/io/images/image.h"

namespace diptych::diffusion {

struct PixelRegion {
  int64_t x = 0, y = 0, width = 0, height = 0;
  bool operator==(const PixelRegion&) const = default;
};

// Around the mask's white (grey, one half and above), with `padding` pixels on all sides, then widened to the sides'
// ratio width : height as far as the picture reaches. Error (invalid_argument): the mask has no white.
PixelRegion masked_region(const Image8& mask, int64_t padding, int64_t width, int64_t height);

Image8 cut_region(const Image8& image, const PixelRegion& region);

// A mask (grey) with a Gaussian edge: `deviation` in pixels, 0 changes nothing.
Image8 blurred_mask(const Image8& mask, double deviation);

// `picture` with `part`, brought to the region's size, where the mask (grey, of the picture's size) is white; between
// black and white a mixture. Both RGB.
Image8 with_region(const Image8& picture, const Image8& part, const PixelRegion& region, const Image8& mask);

struct Margins {
  int64_t left = 0, top = 0, right = 0, bottom = 0;
};

struct Canvas {
  Image8 picture;  // RGB: the old one in its place, its edges drawn out over the margins
  Image8 mask;     // grey: white in the margins and `overlap` pixels into the picture
};

// Sides are rounded up to `multiple`, by which the right and lower margins grow. Error (invalid_argument): nothing is
// added, or the canvas is larger than pictures may be.
Canvas outpainting_canvas(const Image8& picture, Margins margins, int64_t overlap, int64_t multiple);

Image8 grey_of(const Image8& image);  // its brightness (ITU-R BT.601)

}  // namespace diptych::diffusion
