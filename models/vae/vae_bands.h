// AutoencoderKL in bounded memory: large levels in bands of lines, with the results of VaeEncoder and VaeDecoder bit
// for bit. What stands is one map of the image's own size with the first level's channels, and some bands: of Stable
// Diffusion's decoder at 1024 x 1024 0.7 GB in place of 2.7. Lines that no memory is spent on are computed again, a
// third more arithmetic.
#pragma once

#include "models/vae/vae_blocks.h"

namespace diptych::models {

// One image each, in bands of about `band_bytes`.
// latents [1, h, w, latent_channels] -> [1, height, width, out_channels]
Tensor decode_in_bands(Context& ctx, const VaeDecoder& decoder, const Tensor& latents, int64_t band_bytes);
// images [1, height, width, in_channels] -> [1, h, w, 2 latent_channels]
Tensor encode_in_bands(Context& ctx, const VaeEncoder& encoder, const Tensor& images, int64_t band_bytes);

}  // namespace diptych::models
