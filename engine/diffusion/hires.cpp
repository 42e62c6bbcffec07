#include "engine/diffusion/hires.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "engine/core/error.h"
#include "engine/diffusion/passes.h"
#include "engine/diffusion/pictures/resample.h"
#include "engine/diffusion/upscale.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"

namespace diptych::diffusion {
namespace {

[[noreturn]] void refuse_hires(const std::string& text, const std::string& why) {
  throw Error(ErrorCategory::invalid_argument, "cannot make a second pass", text, why,
              "give SCALE[:STEPS[:STRENGTH[:UPSCALER]]], as in 2:15:0.55:lanczos");
}

double number_in(std::string_view part, double low, double high, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc() || end != part.data() + part.size() || !(value >= low && value <= high)) {
    refuse_hires(std::string(text), "'" + std::string(part) + "' is no number of the expected size");
  }
  return value;
}

Tensor row_of(const Tensor& x, int64_t row) {
  return x.slice(0, row, row + 1);
}

}  // namespace

const char* enlarger_name(Enlarger enlarger) {
  constexpr const char* names[] = {"latent", "bicubic", "lanczos", "model"};
  return names[static_cast<size_t>(enlarger)];
}

HiresPass parse_hires(std::string_view text) {
  HiresPass pass;
  std::vector<std::string_view> parts;
  for (std::string_view rest = text;;) {  // the last part is a file's name, which may hold colons
    const size_t colon = parts.size() < 3 ? rest.find(':') : std::string_view::npos;
    parts.push_back(rest.substr(0, colon));
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  pass.scale = number_in(parts[0], 1, 16, text);
  if (parts.size() > 1 && !parts[1].empty()) pass.steps = static_cast<int>(number_in(parts[1], 1, 10000, text));
  if (parts.size() > 2 && !parts[2].empty()) pass.strength = number_in(parts[2], 0, 1, text);
  if (parts.size() < 4 || parts[3].empty()) return pass;
  for (const Enlarger known : {Enlarger::latent, Enlarger::bicubic, Enlarger::lanczos}) {
    if (parts[3] != enlarger_name(known)) continue;
    pass.enlarger = known;
    return pass;
  }
  pass.enlarger = Enlarger::model;
  pass.upscaler = parts[3];
  return pass;
}

PixelSize hires_size(const ImageModel& model, const ImageRequest& request, const HiresPass& pass) {
  const int64_t multiple = model.side_multiple();
  const auto nearest = [multiple](double side) {
    return std::max<int64_t>(1, std::llround(side / static_cast<double>(multiple))) * multiple;
  };
  if (pass.width > 0 && pass.height > 0) {
    return {nearest(static_cast<double>(pass.width)), nearest(static_cast<double>(pass.height))};
  }
  return {nearest(static_cast<double>(request.width) * pass.scale),
          nearest(static_cast<double>(request.height) * pass.scale)};
}

ImageResult make_images_twice(Context& ctx, const ImageModel& model, const ImageRequest& request, NoiseSource& noise,
                              const HiresPass& pass, const ImageUpscaler* upscaler, const NoiseFactory& second_noise,
                              const ImageStepListener& listener) {
  const ImageRequest first = completed(model, request);
  if (first.mask) {
    throw Error(ErrorCategory::invalid_argument, "cannot make a second pass", "mask", "it is for whole pictures",
                "leave the mask or the second pass out");
  }
  const PixelSize size = hires_size(model, first, pass);
  ImageRequest second = first;
  second.images = 1;
  second.width = size.width;
  second.height = size.height;
  second.strength = pass.strength;
  second.steps_before = first.steps;
  if (pass.steps > 0) second.steps = pass.steps;
  second.init_latents = {};
  second.variation = {};
  for (ControlRequest& control : second.controls) {
    control.image = clamp(ctx, resampled(ctx, control.image, size.height, size.width, ResampleFilter::lanczos), 0, 1);
  }
  PassProgress progress(listener, static_cast<int>(1 + first.images));
  progress.expect(std::max(1, static_cast<int>(second.steps * pass.strength)));
  const ImageResult small = make_images(ctx, model, first, noise, progress.listener());
  progress.finish_pass(small.evaluations);
  progress.expect(0);
  ImageResult result;
  add_pass(result, small);
  const int64_t scale = model.autoencoder->info().scale, height = size.height / scale, width = size.width / scale;
  for (int64_t image = 0; image < first.images; ++image) {
    second.init_image = second.init_image_latents = {};
    measure_phase(ctx, result.enlarging, [&] {
      const Tensor latents = row_of(small.latents, image), picture = row_of(small.images, image);
      if (pass.enlarger == Enlarger::latent) {
        second.init_image_latents = resampled(ctx, latents, height, width, ResampleFilter::bilinear);
      } else {
        second.init_image = enlarged(ctx, picture, size, pass.enlarger, upscaler);
      }
    });
    if (!first.classes.empty()) second.classes = {first.classes[static_cast<size_t>(image)]};
    const auto own_noise = second_noise(image, model.latent_channels() * height * width);
    ImageResult large = make_images(ctx, model, second, *own_noise, progress.listener());
    progress.finish_pass(large.evaluations);
    add_pass(result, large);
    result.images = result.images ? concat(ctx, result.images, large.images, 0) : large.images;
    result.latents = result.latents ? concat(ctx, result.latents, large.latents, 0) : large.latents;
    for (Tensor& step : large.latents_per_step) result.latents_per_step.push_back(std::move(step));
  }
  return result;
}

}  // namespace diptych::diffusion
