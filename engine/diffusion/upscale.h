// Pictures made larger: by a network in tiles, and by image-to-image over tiles of the enlarged picture, which adds
// detail with the memory of one tile.
#pragma once

#include "engine/diffusion/hires.h"

namespace diptych::diffusion {

struct UpscaleTiles {
  int64_t side = 0;      // pixels; 0: what the model was trained on (networks: 192 of what they are given)
  int64_t overlap = 64;  // networks: 16
};

struct UpscalePass {
  double scale = 2;
  Enlarger enlarger = Enlarger::lanczos;
  UpscaleTiles tiles = {};  // in which the model changes the enlarged picture
};

// Hears of a network's tiles: how many are done, of all.
using TileListener = std::function<void(int done, int tiles)>;

// images [rows, 3, h, w], 0 … 1 -> as much larger as the network makes them.
Tensor upscale_in_tiles(Context& ctx, const ImageUpscaler& upscaler, const Tensor& images, UpscaleTiles tiles = {},
                        const TileListener& listener = {});

// To a size: by the enlarger, and with a network resampled to it. `picture` [rows, 3, h, w], 0 … 1.
Tensor enlarged(Context& ctx, const Tensor& picture, PixelSize size, Enlarger enlarger, const ImageUpscaler* upscaler,
                const TileListener& listener = {});

// The nearest sides that are multiples of `multiple`, and at least that.
PixelSize upscaled_size(PixelSize picture, double scale, int64_t multiple = 1);

// The enlargement alone, for which no image model is needed. Error (invalid_argument): latents are enlarged.
ImageResult enlarge_picture(Context& ctx, const Tensor& picture, const UpscalePass& pass, const ImageUpscaler* upscaler,
                            const TileListener& listener = {});

// request.init_image, already enlarged (or in its place request.init_image_latents), in tiles that are changed by
// request.strength and blended. One image; every tile begins with the same stream of noise `tile_noise(0, values)`, its
// place apart. On meta one tile stands for all.
ImageResult refine_in_tiles(Context& ctx, const ImageModel& model, const ImageRequest& request, UpscaleTiles tiles,
                            const NoiseFactory& tile_noise, const ImageStepListener& listener = {});

// Both: `picture` of any size, enlarged to request.width and height (upscaled_size with the model's multiple), then
// refined unless request.strength is 0. `upscaler` for Enlarger::model, else null. Error as the two.
ImageResult upscale_picture(Context& ctx, const ImageModel& model, const ImageRequest& request, const Tensor& picture,
                            const UpscalePass& pass, const ImageUpscaler* upscaler, const NoiseFactory& tile_noise,
                            const ImageStepListener& listener = {}, const TileListener& enlarging = {});

}  // namespace diptych::diffusion
