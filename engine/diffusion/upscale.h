// Pictures made larger: by a network in tiles, and by image-to-image over tiles of the enlarged picture, which adds
// detail with the memory of one tile.
#pragma once

#include "engine/diffusion/hires.h"

namespace diptych::diffusion {

struct UpscaleTiles {
  int64_t side = 0;      // pixels; 0: what the model was trained on (networks: 192 of what they are given)
  int64_t overlap = 64;  // networks: 16
};

// images [rows, 3, h, w], 0 … 1 -> as much larger as the network makes them.
Tensor upscale_in_tiles(Context& ctx, const ImageUpscaler& upscaler, const Tensor& images, UpscaleTiles tiles = {});

// To a size: by the enlarger, and with a network resampled to it. `picture` [rows, 3, h, w], 0 … 1.
Tensor enlarged(Context& ctx, const Tensor& picture, PixelSize size, Enlarger enlarger, const ImageUpscaler* upscaler);

// request.init_image, already enlarged, in tiles that are changed by request.strength and blended. One image; every
// tile begins with the same stream of noise `tile_noise(0, values)`, its place apart.
ImageResult refine_in_tiles(Context& ctx, const ImageModel& model, const ImageRequest& request, UpscaleTiles tiles,
                            const NoiseFactory& tile_noise, const ImageStepListener& listener = {});

}  // namespace diptych::diffusion
