// What showing a run's steps takes: a row of `bench image`.
#pragma once

#include <vector>

#include "engine/bench/report.h"
#include "engine/diffusion/image_model.h"

namespace diptych::cli {

struct PreviewTimes {
  std::vector<double> seconds;  // of a preview each
  Cost cost;                    // of one
};

// By the map from latents to colours that the host uses, with the file that the window gets. `latents` as a denoiser
// sees them.
PreviewTimes time_mapped_preview(Context& ctx, const diffusion::ImageModel& model, const Tensor& latents, int repeats);
// The same with a whole picture of another autoencoder, in its file too.
PreviewTimes time_decoded_preview(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& latents,
                                  int repeats);

}  // namespace diptych::cli
