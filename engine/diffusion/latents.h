// Between images (f32 [rows, 3, height, width], 0 … 1) and the latents that a denoiser sees.
#pragma once

#include "engine/diffusion/noise/noise_source.h"
#include "engine/diffusion/schedules/schedule.h"
#include "engine/model/image_autoencoder.h"

namespace diptych::diffusion {

// Draws the latents from the encoder's distribution (of autoencoders without one nothing is drawn), for each image
// `times` in a row of all images: [times * rows, latent channels, h, w].
Tensor encode_image(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& images, NoiseSource& noise,
                    bool tiled = false, int64_t times = 1);

// What the encoder said, drawn from and scaled as denoisers see it.
Tensor drawn_latents(Context& ctx, const ImageAutoencoderInfo& info, const LatentDistribution& distribution,
                     NoiseSource& noise, int64_t times = 1);

// A picture of values that are no numbers is decoded again in f32 (finite_guard.h), which `redone` tells.
Tensor decode_latents(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& latents, bool tiled = false,
                      bool* redone = nullptr);

// The clean latents behind a sample mix.alpha * clean + mix.sigma * noise, for which a network gave this prediction
// (its further channels, variances, are left out).
Tensor clean_latents(Context& ctx, const Mix& mix, Prediction form, const Tensor& sample, const Tensor& prediction);

// FLUX's pipelines in diffusers hold latents as tokens: [rows, channels, h, w] <-> [rows, h * w / 4, channels * 4].
Tensor pack_latents(Context& ctx, const Tensor& latents);
Tensor unpack_latents(Context& ctx, const Tensor& packed, int64_t height, int64_t width);  // of the latents

// mask [1, 1, H, W] -> [1, 1, height, width], the nearest value towards the upper left, made 0 or 1 at one half.
Tensor shrink_mask(Context& ctx, const Tensor& mask, int64_t height, int64_t width);

// image [rows, c, H, W] where the mask [1, 1, H, W] is below one half, and middle grey (one half) elsewhere.
Tensor without_masked(Context& ctx, const Tensor& image, const Tensor& mask);

}  // namespace diptych::diffusion
