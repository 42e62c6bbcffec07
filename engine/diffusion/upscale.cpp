#include "engine/diffusion/upscale.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/diffusion/passes.h"
#include "engine/diffusion/pictures/resample.h"
#include "engine/diffusion/pictures/tiles.h"
#include "engine/ops/elementwise.h"

namespace diptych::diffusion {

Tensor upscale_in_tiles(Context& ctx, const ImageUpscaler& upscaler, const Tensor& images, UpscaleTiles tiles) {
  const int64_t scale = upscaler.info().scale, multiple = upscaler.info().side_multiple;
  if (tiles.side == 0) tiles = {192, 16};
  // Sides that the network cannot take are resampled to ones that it can.
  const auto fitting = [multiple](int64_t side) { return (side + multiple - 1) / multiple * multiple; };
  const int64_t height = fitting(images.dim(2)), width = fitting(images.dim(3));
  const Tensor input = height == images.dim(2) && width == images.dim(3)
                           ? images
                           : resampled(ctx, images, height, width, ResampleFilter::bicubic);
  TileBlend blend(ctx, {images.dim(0), 3, height * scale, width * scale}, tiles.overlap * scale);
  for (const Tile& tile : tiles_of(height, width, fitting(tiles.side), tiles.overlap, multiple)) {
    const Tile large{tile.y * scale, tile.x * scale, tile.height * scale, tile.width * scale};
    blend.add(upscaler.upscale(ctx, cut_tile(ctx, input, tile)), large);
  }
  return clamp(ctx, blend.result(), 0, 1);
}

Tensor enlarged(Context& ctx, const Tensor& picture, PixelSize size, Enlarger enlarger, const ImageUpscaler* upscaler) {
  Tensor large = picture;
  if (enlarger == Enlarger::model) {
    if (upscaler == nullptr) {
      throw Error(ErrorCategory::invalid_argument, "cannot enlarge the picture", "upscaler", "no network was loaded",
                  "name a safetensors file of an ESRGAN model, or use lanczos");
    }
    large = upscale_in_tiles(ctx, *upscaler, picture);
  }
  if (large.dim(2) == size.height && large.dim(3) == size.width) return large;
  const ResampleFilter filter = enlarger == Enlarger::bicubic ? ResampleFilter::bicubic : ResampleFilter::lanczos;
  return clamp(ctx, resampled(ctx, large, size.height, size.width, filter), 0, 1);
}

ImageResult refine_in_tiles(Context& ctx, const ImageModel& model, const ImageRequest& request, UpscaleTiles tiles,
                            const NoiseFactory& tile_noise, const ImageStepListener& listener) {
  const ImageRequest whole = completed(model, request);
  const int64_t multiple = model.side_multiple(), scale = model.autoencoder->info().scale;
  if (!whole.init_image || whole.mask || whole.images != 1) {
    throw Error(ErrorCategory::invalid_argument, "cannot refine in tiles", "request",
                "it takes one picture without a mask", "give an image to start from, and a batch of 1");
  }
  if (tiles.side == 0) {
    ImageRequest usual;
    usual.prompt = request.prompt;
    usual.classes = request.classes;
    tiles.side = completed(model, usual).width;
  }
  tiles.side = std::max(multiple, tiles.side / multiple * multiple);
  tiles.overlap = std::min(tiles.overlap, tiles.side / 2);
  const std::vector<Tile> all = tiles_of(whole.height, whole.width, tiles.side, tiles.overlap, multiple);
  TileBlend blend(ctx, whole.init_image.shape(), tiles.overlap);
  ImageResult result;
  PassProgress progress(listener, static_cast<int>(all.size()));
  for (const Tile& tile : all) {
    ImageRequest part = whole;
    part.init_image = cut_tile(ctx, whole.init_image, tile);
    for (ControlRequest& control : part.controls) control.image = cut_tile(ctx, control.image, tile);
    part.height = tile.height;
    part.width = tile.width;
    const auto noise = tile_noise(0, model.latent_channels() * (tile.height / scale) * (tile.width / scale));
    const ImageResult made = make_images(ctx, model, part, *noise, progress.listener());
    add_pass(result, made);
    blend.add(made.images, tile);
    progress.finish_pass(made.evaluations);
  }
  result.images = blend.result();
  return result;
}

}  // namespace diptych::diffusion
