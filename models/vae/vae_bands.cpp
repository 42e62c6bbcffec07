#include "models/vae/vae_bands.h"

#include <algorithm>
#include <utility>

#include "models/vae/bands.h"

namespace diptych::models {
namespace {

int64_t channels_behind(const std::vector<ResnetBlock>& resnets) {
  return resnets.back().conv2.shape.out_channels;
}

// The resnets of a level one after the other. x is let go when the first of them has read it. Maps are held whole as
// long as they fit into `allowed` bytes, which the largest level needs anyway.
Tensor resnets_in_bands(Context& ctx, const std::vector<ResnetBlock>& resnets, BandImage x, bool x_is_held,
                        int64_t allowed) {
  const int64_t band_bytes = x.band_bytes, largest = std::max(x.channels, channels_behind(resnets));
  Tensor y;
  if (16 * x.height * x.width * largest <= allowed) {  // about four maps: without bands
    y = x.rows(ctx, 0, x.height);
    x = {};
    for (const ResnetBlock& resnet : resnets) y = resnet.forward(ctx, y);
    return y;
  }
  for (const ResnetBlock& resnet : resnets) {
    const int64_t in = x.bytes(), out = 4 * x.height * x.width * resnet.conv2.shape.out_channels;
    const bool in_place = static_cast<bool>(y) && in == out;
    if (!x_is_held && in + out <= allowed) {
      x = held(collected(ctx, x), band_bytes);
      x_is_held = true;
    }
    const int64_t maps = (x_is_held ? in : 0) + (in_place ? 0 : out);
    y = resnet_in_bands(ctx, resnet, x, maps + out <= allowed, in_place ? y : Tensor());
    x = held(y, band_bytes);
    x_is_held = true;
  }
  return y;
}

// Of the level that needs most: what it is made of, a map of half the sides, and its result.
int64_t needed_bytes(const VaeDecoder& decoder, const Tensor& latents) {
  int64_t needed = 0, pixels = latents.dim(1) * latents.dim(2);
  for (const VaeDecoder::Level& level : decoder.levels) {
    needed =
        std::max(needed, pixels * (level.resnets.front().conv1.shape.in_channels + 4 * channels_behind(level.resnets)));
    pixels *= 4;
  }
  return needed;
}

}  // namespace

Tensor decode_in_bands(Context& ctx, const VaeDecoder& decoder, const Tensor& latents, int64_t band_bytes) {
  const int64_t allowed = needed_bytes(decoder, latents);
  BandImage x = held(decoder.mid.forward(ctx, conv2d(ctx, latents, decoder.conv_in)), band_bytes);
  bool x_is_held = true;
  for (const VaeDecoder::Level& level : decoder.levels) {
    x = held(resnets_in_bands(ctx, level.resnets, std::exchange(x, {}), x_is_held, allowed), band_bytes);
    x_is_held = !level.up;
    if (level.up) x = conv_in_bands(x, *level.up, true);
  }
  return collected(ctx, conv_in_bands(norm_in_bands(ctx, x, decoder.norm_out, true), decoder.conv_out));
}

Tensor encode_in_bands(Context& ctx, const VaeEncoder& encoder, const Tensor& images, int64_t band_bytes) {
  BandImage x = conv_in_bands(held(images, band_bytes), encoder.conv_in);
  const int64_t allowed = 5 * images.dim(1) * images.dim(2) * channels_behind(encoder.levels.front().resnets);
  bool x_is_held = false;
  for (const VaeEncoder::Level& level : encoder.levels) {
    x = held(resnets_in_bands(ctx, level.resnets, std::exchange(x, {}), x_is_held, allowed), band_bytes);
    x_is_held = true;
    if (level.down) x = held(collected(ctx, conv_in_bands(x, *level.down)), band_bytes);  // half the sides
  }
  const Tensor y = encoder.mid.forward(ctx, x.rows(ctx, 0, x.height));
  x = {};
  return conv2d(ctx, encoder.norm_out.silu(ctx, y), encoder.conv_out);
}

}  // namespace diptych::models
