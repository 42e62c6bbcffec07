#include "engine/host/images/image_mask.h"

#include "engine/diffusion/pictures/inpaint_region.h"
#include "engine/io/images/image_resize.h"

namespace diptych::host {

Image8 mask_picture(const Image8& picture, int64_t width, int64_t height) {
  const Image8 scaled = resized(picture, width, height);
  Image8 alpha{width, height, 1, {}};
  bool transparent = false;
  for (size_t i = 3; scaled.channels == 4 && i < scaled.pixels.size(); i += 4) {
    alpha.pixels.push_back(static_cast<uint8_t>(255 - scaled.pixels[i]));
    transparent = transparent || scaled.pixels[i] < 255;
  }
  return transparent ? alpha : diffusion::grey_of(scaled);
}

Image8 coloured(const Image8& grey) {
  Image8 colour{grey.width, grey.height, 3, {}};
  for (const uint8_t value : grey.pixels) colour.pixels.insert(colour.pixels.end(), 3, value);
  return colour;
}

}  // namespace diptych::host
