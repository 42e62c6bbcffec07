// AutoencoderKL in bounded memory: large levels in bands of lines, with the results of VaeEncoder and VaeDecoder bit
// for bit. Held are at most what a level is made of and its result, which at the image's own size is one map of the
// first level's channels: about a quarter of what whole maps need. Lines that no memory is spent on are computed again,
// which costs about half the time of a whole decode once more.
#pragma once

#include "models/vae/vae_blocks.h"

namespace diptych::models {

// One image each, in bands of about `band_bytes`.
// latents [1, h, w, latent_channels] -> [1, height, width, out_channels]
Tensor decode_in_bands(Context& ctx, const VaeDecoder& decoder, const Tensor& latents, int64_t band_bytes);
// images [1, height, width, in_channels] -> [1, h, w, 2 latent_channels]
Tensor encode_in_bands(Context& ctx, const VaeEncoder& encoder, const Tensor& images, int64_t band_bytes);

}  // namespace diptych::models
