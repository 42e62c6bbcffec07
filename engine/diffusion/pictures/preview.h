// Small pictures of latents while a run goes on: each latent becomes a pixel by a linear map of its channels. How good
// that is: an autoencoder's picture, averaged over a latent's pixels, is nearly linear in the latent.
//
// No table of constants per family is needed: the map is the least-squares fit between latents and what the model's own
// autoencoder makes of them, so it also fits autoencoders that nobody has a table for. fitted_preview() of a finished
// picture and its latents is the best; before there is one, measured_preview() decodes a few random latents. Where
// there is no autoencoder at all, the three principal components stand for colours.
#pragma once

#include <vector>

#include "engine/diffusion/noise/noise_source.h"
#include "engine/io/images/image.h"
#include "engine/model/image_autoencoder.h"

namespace diptych::diffusion {

struct PreviewMap {
  int64_t channels = 0;
  std::vector<float> weights;  // [3, channels + 1], the constant last; colours are 0 … 1
};

// Least squares over all latents [rows, channels, h, w] and images [rows, 3, height, width], 0 … 1.
PreviewMap fitted_preview(const Tensor& latents, const Tensor& images);

// From a decoded image of 12 x 12 random latents, as a denoiser sees them (scaled and shifted).
PreviewMap measured_preview(Context& ctx, const ImageAutoencoder& autoencoder);

// The directions in which these latents vary most, as red, green and blue.
PreviewMap principal_preview(const Tensor& latents);

// Row `row` of the latents, a pixel each. Below a millisecond for 64 x 64.
Image8 preview_of(const PreviewMap& map, const Tensor& latents, int64_t row);

}  // namespace diptych::diffusion
