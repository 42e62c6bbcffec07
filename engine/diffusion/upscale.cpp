#include "engine/diffusion/upscale.h"

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"
#include "engine/diffusion/latents.h"
#include "engine/diffusion/passes.h"
#include "engine/diffusion/pictures/resample.h"
#include "engine/diffusion/pictures/tiles.h"
#include "engine/ops/elementwise.h"

namespace diptych::diffusion {
namespace {

// The same part of the latents; tiles begin and end at multiples of the autoencoder's scale.
Tile latent_tile(const Tile& tile, int64_t scale) {
  return {tile.y / scale, tile.x / scale, tile.height / scale, tile.width / scale};
}

// The picture's latents, [1, latent channels, height / scale, width / scale] of the large size.
Tensor enlarged_latents(Context& ctx, const ImageModel& model, const ImageRequest& request, const Tensor& picture,
                        const NoiseFactory& noise) {
  const int64_t scale = model.autoencoder->info().scale;
  const PixelSize whole = upscaled_size({picture.dim(3), picture.dim(2)}, 1, model.side_multiple());
  const Tensor fitting = whole.height == picture.dim(2) && whole.width == picture.dim(3)
                             ? picture
                             : resampled(ctx, picture, whole.height, whole.width, ResampleFilter::lanczos);
  const auto draws = noise(0, model.latent_channels() * (whole.height / scale) * (whole.width / scale));
  const Tensor latents = encode_image(ctx, *model.autoencoder, fitting, *draws, request.tiled_autoencoder);
  return resampled(ctx, latents, request.height / scale, request.width / scale, ResampleFilter::bilinear);
}

}  // namespace

Tensor upscale_in_tiles(Context& ctx, const ImageUpscaler& upscaler, const Tensor& images, UpscaleTiles tiles,
                        const TileListener& listener) {
  const int64_t scale = upscaler.info().scale, multiple = upscaler.info().side_multiple;
  if (tiles.side == 0) tiles = {192, 16};
  // Sides that the network cannot take are resampled to ones that it can.
  const auto fitting = [multiple](int64_t side) { return (side + multiple - 1) / multiple * multiple; };
  const int64_t height = fitting(images.dim(2)), width = fitting(images.dim(3));
  const Tensor input = height == images.dim(2) && width == images.dim(3)
                           ? images
                           : resampled(ctx, images, height, width, ResampleFilter::bicubic);
  TileBlend blend(ctx, {images.dim(0), 3, height * scale, width * scale}, tiles.overlap * scale);
  const std::vector<Tile> all = tiles_of(height, width, fitting(tiles.side), tiles.overlap, multiple);
  for (size_t i = 0; i < all.size(); ++i) {
    if (listener) listener(static_cast<int>(i), static_cast<int>(all.size()));
    const Tile& tile = all[i];
    const Tile large{tile.y * scale, tile.x * scale, tile.height * scale, tile.width * scale};
    blend.add(upscaler.upscale(ctx, cut_tile(ctx, input, tile)), large);
  }
  if (listener) listener(static_cast<int>(all.size()), static_cast<int>(all.size()));
  return clamp(ctx, blend.result(), 0, 1);
}

Tensor enlarged(Context& ctx, const Tensor& picture, PixelSize size, Enlarger enlarger, const ImageUpscaler* upscaler,
                const TileListener& listener) {
  Tensor large = picture;
  if (enlarger == Enlarger::model) {
    if (upscaler == nullptr) {
      throw Error(ErrorCategory::invalid_argument, "cannot enlarge the picture", "upscaler", "no network was loaded",
                  "name a safetensors file of an ESRGAN model, or use lanczos");
    }
    large = upscale_in_tiles(ctx, *upscaler, picture, {}, listener);
  }
  if (large.dim(2) == size.height && large.dim(3) == size.width) return large;
  const ResampleFilter filter = enlarger == Enlarger::bicubic ? ResampleFilter::bicubic : ResampleFilter::lanczos;
  return clamp(ctx, resampled(ctx, large, size.height, size.width, filter), 0, 1);
}

PixelSize upscaled_size(PixelSize picture, double scale, int64_t multiple) {
  const auto nearest = [&](int64_t side) {
    const double units = static_cast<double>(side) * scale / static_cast<double>(multiple);
    return std::max<int64_t>(1, std::llround(units)) * multiple;
  };
  return {nearest(picture.width), nearest(picture.height)};
}

ImageResult enlarge_picture(Context& ctx, const Tensor& picture, const UpscalePass& pass, const ImageUpscaler* upscaler,
                            const TileListener& listener) {
  if (pass.enlarger == Enlarger::latent) {
    throw Error(ErrorCategory::invalid_argument, "cannot enlarge the picture", "latent",
                "latents that are enlarged and not changed show a blurred picture",
                "give a strength above 0, or another upscaler");
  }
  ImageResult result;
  measure_phase(ctx, result.enlarging, [&] {
    const PixelSize size = upscaled_size({picture.dim(3), picture.dim(2)}, pass.scale);
    result.images = enlarged(ctx, picture, size, pass.enlarger, upscaler, listener);
  });
  return result;
}

ImageResult refine_in_tiles(Context& ctx, const ImageModel& model, const ImageRequest& request, UpscaleTiles tiles,
                            const NoiseFactory& tile_noise, const ImageStepListener& listener) {
  const ImageRequest whole = completed(model, request);
  const int64_t multiple = model.side_multiple(), scale = model.autoencoder->info().scale;
  if ((!whole.init_image && !whole.init_image_latents) || whole.mask || whole.images != 1) {
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
  TileBlend blend(ctx, {1, 3, whole.height, whole.width}, tiles.overlap);
  ImageResult result, made;
  PassProgress progress(listener, static_cast<int>(all.size()));
  for (const Tile& tile : all) {
    if (!ctx.is_meta() || !made.images) {
      ImageRequest part = whole;
      if (whole.init_image) part.init_image = cut_tile(ctx, whole.init_image, tile);
      if (whole.init_image_latents) {
        part.init_image_latents = cut_tile(ctx, whole.init_image_latents, latent_tile(tile, scale));
      }
      for (ControlRequest& control : part.controls) control.image = cut_tile(ctx, control.image, tile);
      part.height = tile.height;
      part.width = tile.width;
      const auto noise = tile_noise(0, model.latent_channels() * (tile.height / scale) * (tile.width / scale));
      made = {};
      made = make_images(ctx, model, part, *noise, progress.listener());
    }
    add_pass(result, made);
    blend.add(made.images, tile);
    progress.finish_pass(made.evaluations);
  }
  result.images = blend.result();
  return result;
}

ImageResult upscale_picture(Context& ctx, const ImageModel& model, const ImageRequest& request, const Tensor& picture,
                            const UpscalePass& pass, const ImageUpscaler* upscaler, const NoiseFactory& tile_noise,
                            const ImageStepListener& listener, const TileListener& enlarging) {
  if (request.strength == 0) return enlarge_picture(ctx, picture, pass, upscaler, enlarging);
  ImageRequest large = request;
  ImagePhase phase;
  measure_phase(ctx, phase, [&] {
    if (pass.enlarger == Enlarger::latent) {
      large.init_image_latents = enlarged_latents(ctx, model, request, picture, tile_noise);
    } else {
      large.init_image = enlarged(ctx, picture, {request.width, request.height}, pass.enlarger, upscaler, enlarging);
    }
  });
  ImageResult result = refine_in_tiles(ctx, model, large, pass.tiles, tile_noise, listener);
  result.enlarging = phase;
  return result;
}

}  // namespace diptych::diffusion
