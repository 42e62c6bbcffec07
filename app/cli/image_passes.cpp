#include "app/cli/image_passes.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>

#include "app/cli/image_files.h"
#include "engine/core/error.h"
#include "engine/diffusion/noise/image_noise.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/diffusion/upscale.h"
#include "engine/io/images/image_resize.h"
#include "engine/io/library/side_files.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

using namespace diffusion;

// f32 [1, channels, height, width], 0 … 1: of three equal channels where the picture is grey.
Tensor tensor_of_planes(Context& ctx, const Image8& image, int64_t channels) {
  const std::vector<float> planes = image_planes(image, PixelRange::unit);
  Tensor tensor = ctx.output({1, channels, image.height, image.width});
  std::copy_n(planes.begin(), tensor.elements(), tensor.data<float>());
  return tensor;
}
Tensor tensor_of_picture(Context& ctx, const Image8& image) {
  return tensor_of_planes(ctx, image, 3);
}
Tensor tensor_of_mask(Context& ctx, const Image8& mask) {
  return tensor_of_planes(ctx, mask, 1);
}

Image8 read_grey(const std::string& path, int64_t width, int64_t height) {
  return grey_of(resized(read_image(path).image, width, height));
}

Margins margins_of(const std::string& text) {
  std::vector<int64_t> values;
  const char* at = text.data();
  const char* last = at + text.size();
  while (values.size() < 4) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(at, last, value);
    if (error != std::errc()) break;
    values.push_back(value);
    at = end;
    if (at == last || *at != ',') break;
    ++at;
  }
  if (values.size() != 4 || at != last) {
    throw Error(ErrorCategory::invalid_argument, "cannot extend the picture", text,
                "these are not four numbers of pixels", "give LEFT,TOP,RIGHT,BOTTOM, as in 0,0,256,0");
  }
  return {values[0], values[1], values[2], values[3]};
}

// "latent", "bicubic", "lanczos" (also where nothing is named) or a network's file.
Enlarger enlarger_named(const std::string& name) {
  if (name.empty()) return Enlarger::lanczos;
  for (const Enlarger known : {Enlarger::latent, Enlarger::bicubic, Enlarger::lanczos}) {
    if (name == enlarger_name(known)) return known;
  }
  return Enlarger::model;
}

}  // namespace

void ImagePassOptions::add_to(CLI::App& command) {
  CLI::Option* init = command.add_option("--init-image", init_image, "Picture to start from: PNG, JPEG or WebP");
  CLI::Option* white = command.add_option("--mask", mask, "Picture whose white is painted anew")->needs(init);
  command
      .add_option("--mask-blur", mask_blur, "Pixels by which the mask's edge is softened when the result is put back")
      ->check(CLI::Range(0.0, 256.0))
      ->needs(white);
  command
      .add_option("--inpaint-full-res", full_resolution_padding,
                  "Only what lies around the mask, with so many pixels more, at the model's own size")
      ->check(CLI::Range(0, 1 << 16))
      ->needs(white);
  CLI::Option* canvas =
      command.add_option("--outpaint", outpaint, "LEFT,TOP,RIGHT,BOTTOM: pixels that are added to the picture")
          ->needs(init)
          ->excludes(white);
  CLI::Option* second =
      command
          .add_option("--hires", hires, "A second pass: SCALE[:STEPS[:STRENGTH[:latent, bicubic, lanczos or a file]]]")
          ->excludes(white);
  CLI::Option* enlarge =
      command
          .add_option("--upscale", upscale,
                      "Enlarge the picture so many times, and change its tiles by --strength (0: not)")
          ->check(CLI::Range(1.0, 16.0))
          ->needs(init)
          ->excludes(white)
          ->excludes(canvas)
          ->excludes(second);
  command
      .add_option("--upscaler", upscaler,
                  "For --upscale: latent, bicubic, lanczos (default) or an ESRGAN safetensors file")
      ->needs(enlarge);
  command.add_option("--tile", tile, "Side of a tile in pixels (default: the size the model was trained on)")
      ->check(CLI::Range(16, 1 << 16))
      ->needs(enlarge);
  command.add_option("--tile-overlap", tile_overlap, "Pixels that tiles share")
      ->check(CLI::Range(0, 4096))
      ->needs(enlarge)
      ->capture_default_str();
  command.add_option("--variation-seed", variation_seed, "Seed whose noise is mixed into that of --seed");
  command.add_option("--variation-strength", variation_strength, "How much of it, 0 to 1")->check(CLI::Range(0.0, 1.0));
  command.add_option("--cache", cache,
                     "Leave work out, for a slightly different picture: first-block[:THRESHOLD], teacache[:THRESHOLD], "
                     "deepcache[:INTERVAL]");
}

ImagePasses::ImagePasses(const ImagePassOptions& options, NoiseKind kind, uint64_t seed)
    : options_(options), kind_(kind), seed_(seed) {
  if (!options.hires.empty()) hires_ = parse_hires(options.hires);
}

void ImagePasses::prepare(Context& ctx, const ImageModel& model, ImageRequest& request) {
  if (!options_.cache.empty()) request.cache = parse_step_cache(options_.cache);
  if (options_.variation_strength > 0) {
    const auto own = static_cast<uint64_t>(std::max<int64_t>(0, options_.variation_seed));
    request.variation = Variation{kind_, own, options_.variation_strength};
  }
  if (options_.upscale > 0 && request.images != 1) {
    throw Error(ErrorCategory::invalid_argument, "cannot enlarge the picture", "--batch",
                "one picture is enlarged at a time", "leave --batch out");
  }
  if (!options_.init_image.empty()) read_pictures(ctx, model, request);
  request = completed(model, request);
}

void ImagePasses::read_pictures(Context& ctx, const ImageModel& model, ImageRequest& request) {
  const int64_t multiple = model.side_multiple();
  if (!options_.outpaint.empty()) {
    read_canvas(ctx, model, request);
  } else if (options_.full_resolution_padding >= 0) {
    read_region(ctx, model, request);
  } else if (options_.upscale > 0) {
    const Image8 picture = read_image(options_.init_image).image;
    const PixelSize size = upscaled_size({picture.width, picture.height}, options_.upscale, multiple);
    request.width = size.width;
    request.height = size.height;
    request.init_image = tensor_of_picture(ctx, resized(picture, request.width, request.height));
  } else {
    request.init_image = read_picture(ctx, options_.init_image, request.width, request.height, multiple);
    request = completed(model, request);
    if (options_.mask.empty()) return;
    request.mask = read_mask(ctx, options_.mask, request.width, request.height);
    if (options_.mask_blur == 0) return;
    picture_ = resized(read_image(options_.init_image).image, request.width, request.height);
    soft_mask_ = blurred_mask(read_grey(options_.mask, request.width, request.height), options_.mask_blur);
    region_ = {0, 0, request.width, request.height};
  }
}

void ImagePasses::read_region(Context& ctx, const ImageModel& model, ImageRequest& request) {
  picture_ = read_image(options_.init_image).image;
  const Image8 mask = read_grey(options_.mask, picture_->width, picture_->height);
  request = completed(model, request);  // the model's own size where none is given
  region_ = masked_region(mask, options_.full_resolution_padding, request.width, request.height);
  request.init_image = tensor_of_picture(ctx, resized(cut_region(*picture_, region_), request.width, request.height));
  request.mask = tensor_of_mask(ctx, resized(cut_region(mask, region_), request.width, request.height));
  soft_mask_ = blurred_mask(mask, options_.mask_blur);
}

void ImagePasses::read_canvas(Context& ctx, const ImageModel& model, ImageRequest& request) {
  constexpr int64_t overlap = 16;  // of the old picture, so that the seam is painted too
  const Canvas canvas = outpainting_canvas(read_image(options_.init_image).image, margins_of(options_.outpaint),
                                           overlap, model.side_multiple());
  request.width = canvas.picture.width;
  request.height = canvas.picture.height;
  request.init_image = tensor_of_picture(ctx, canvas.picture);
  request.mask = tensor_of_mask(ctx, canvas.mask);
  request.strength = 1;  // there is nothing to begin from
  picture_ = canvas.picture;
  soft_mask_ = blurred_mask(canvas.mask, overlap / 4.0);
  region_ = {0, 0, request.width, request.height};
}

ImageRequest ImagePasses::largest(const ImageModel& model, const ImageRequest& request) const {
  ImageRequest large = request;
  if (options_.upscale > 0) {
    ImageRequest usual;
    usual.prompt = request.prompt;
    const int64_t own = completed(model, usual).width;
    const int64_t side = std::max(model.side_multiple(), options_.tile > 0 ? options_.tile : own);
    large.width = std::min(side / model.side_multiple() * model.side_multiple(), request.width);
    large.height = std::min(side / model.side_multiple() * model.side_multiple(), request.height);
    large.init_image = Context(meta_device).output({1, 3, large.height, large.width});
  } else if (hires_) {
    const PixelSize size = hires_size(model, request, *hires_);
    const int64_t all = request.images * request.width * request.height;
    large.images = (all + size.width * size.height - 1) / (size.width * size.height);
    large.width = size.width;
    large.height = size.height;
    large.init_image = large.init_latents = {};
    if (!large.classes.empty()) large.classes.resize(static_cast<size_t>(large.images));
  }
  return large;
}

ImageResult ImagePasses::run(Context& ctx, const ImageModel& model, const ImageRequest& request,
                             const ImageStepListener& listener) const {
  const int64_t scale = model.autoencoder->info().scale;
  const NoiseFactory own_noise = [&](int64_t image, int64_t values) {
    return std::make_unique<ImageNoise>(kind_, seed_of(image), 1, values);
  };
  const UpscalePass pass{.scale = options_.upscale,
                         .enlarger = enlarger_named(options_.upscaler),
                         .tiles = {options_.tile, options_.tile_overlap}};
  std::unique_ptr<ImageUpscaler> upscaler;
  if ((hires_ ? hires_->enlarger : pass.enlarger) == Enlarger::model) {
    const std::string& name = hires_ ? hires_->upscaler : options_.upscaler;
    upscaler = models::load_upscaler(ctx, resolve_side_file(ModelKind::upscaler, name, {}));
  }
  if (options_.upscale > 0) {
    ImageRequest large = request;
    large.init_image = {};
    const Tensor picture = tensor_of_picture(ctx, read_image(options_.init_image).image);
    return upscale_picture(ctx, model, large, picture, pass, upscaler.get(), own_noise, listener);
  }
  ImageNoise noise(kind_, seed_, request.images,
                   model.latent_channels() * (request.height / scale) * (request.width / scale),
                   request.variation ? 0 : 1);
  if (!hires_) return make_images(ctx, model, request, noise, listener);
  return make_images_twice(ctx, model, request, noise, *hires_, upscaler.get(), own_noise, listener);
}

Image8 ImagePasses::finished(const Image8& made) const {
  return picture_ ? with_region(*picture_, made, region_, soft_mask_) : made;
}

uint64_t ImagePasses::seed_of(int64_t image) const {
  return seed_ + (options_.variation_strength > 0 ? 0 : static_cast<uint64_t>(image));
}

void ImagePasses::describe(int64_t image, Recipe& recipe) const {
  recipe.seed = seed_of(image);
  recipe.cache = options_.cache;
  if (recipe.init) {
    if (!options_.mask.empty()) recipe.init->mask_blur = options_.mask_blur;
    if (options_.full_resolution_padding >= 0) {
      recipe.init->padding = static_cast<int>(options_.full_resolution_padding);
    }
    if (!options_.outpaint.empty()) {
      const Margins sides = margins_of(options_.outpaint);
      recipe.init->outpaint = {static_cast<int>(sides.left), static_cast<int>(sides.top), static_cast<int>(sides.right),
                               static_cast<int>(sides.bottom)};
    }
  }
  if (options_.variation_strength > 0) {
    const auto own = static_cast<uint64_t>(std::max<int64_t>(0, options_.variation_seed));
    recipe.variation = RecipeVariation{own + static_cast<uint64_t>(image), options_.variation_strength};
  }
  if (options_.upscale > 0) {
    const std::string upscaler = options_.upscaler.empty() ? "lanczos" : options_.upscaler;
    recipe.upscale = RecipeUpscale{.scale = options_.upscale,
                                   .upscaler = std::filesystem::path(upscaler).filename().string(),
                                   .tile = static_cast<int>(options_.tile),
                                   .overlap = static_cast<int>(options_.tile_overlap)};
  }
  if (!hires_) return;
  RecipeHires hires;
  hires.scale = hires_->scale;
  hires.strength = hires_->strength;
  hires.upscaler = enlarger_name(hires_->enlarger);
  if (hires_->steps > 0) hires.steps = hires_->steps;
  if (!hires_->upscaler.empty()) hires.upscaler = std::filesystem::path(hires_->upscaler).filename().string();
  recipe.hires = hires;
}

}  // namespace diptych::cli
