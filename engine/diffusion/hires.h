// A second pass over the enlarged picture ("hires fix"): composed at the size that the model was trained on, detailed
// at a larger one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/diffusion/image_run.h"
#include "engine/model/image_upscaler.h"

namespace diptych::diffusion {

enum class Enlarger {
  latent,   // the latents, bilinear: nothing is decoded in between, and the second pass must mend more
  bicubic,  // the picture
  lanczos,
  model,  // the picture, by an upscaling network
};

struct HiresPass {
  double scale = 2;               // or
  int64_t width = 0, height = 0;  // both
  int steps = 0;                  // 0: as the first pass
  double strength = 0.7;          // how much of a run is done
  Enlarger enlarger = Enlarger::latent;
  std::string upscaler;  // file of the network
};

// "SCALE[:STEPS[:STRENGTH[:UPSCALER]]]", the upscaler latent, bicubic, lanczos or a file. Error (invalid_argument).
HiresPass parse_hires(std::string_view text);
const char* enlarger_name(Enlarger enlarger);

struct PixelSize {
  int64_t width = 0, height = 0;
};
// Of the second pass's images: multiples of what the model makes.
PixelSize hires_size(const ImageModel& model, const ImageRequest& completed_request, const HiresPass& pass);

// The noise of one image's second pass: a stream of its own, from its beginning.
using NoiseFactory = std::function<std::unique_ptr<NoiseSource>(int64_t image, int64_t values)>;

// make_images, then each image again; `upscaler` for Enlarger::model, else null. The result's phases are those of all
// passes together.
ImageResult make_images_twice(Context& ctx, const ImageModel& model, const ImageRequest& request, NoiseSource& noise,
                              const HiresPass& pass, const ImageUpscaler* upscaler, const NoiseFactory& second_noise,
                              const ImageStepListener& listener = {});

}  // namespace diptych::diffusion
