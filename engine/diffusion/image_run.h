// Images from a request: prompt to condition, noise to latents step by step, latents to pixels.
#pragma once

#include "engine/diffusion/image_model.h"
#include "engine/diffusion/image_request.h"
#include "engine/diffusion/noise/noise_source.h"

namespace diptych::diffusion {

// `noise` gives the normal draws of the whole batch in the order in which diffusers' pipelines ask for them: of the
// encoded image, of the latents, of the encoded masked image, then of the solver. On meta one evaluation stands for
// all, in memory and in cost. Error: invalid_argument (sizes, an image of another size, a scale that does not
// fit), cancelled, and as the components. The arena's peak is measured anew for each phase.
ImageResult make_images(Context& ctx, const ImageModel& model, const ImageRequest& request, NoiseSource& noise,
                        const ImageStepListener& listener = {});

// The request with the family's usual values where it says nothing. Error (invalid_argument) as make_images.
ImageRequest completed(const ImageModel& model, ImageRequest request);

}  // namespace diptych::diffusion
