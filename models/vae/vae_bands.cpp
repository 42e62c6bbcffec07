#include "models/vae/vae_bands.h"

#include <algorithm>
#include <utility>

#include "models/vae/bands.h"

namespace diptych::models {
namespace {

int64_t channels_behind(const std::vector<ResnetBlock>& resnets) {
  return resnets.back().conv2.shape.out_channels;
}

// The resnets of a level one after the other. x is let go as the first of them reads it. Maps are held whole as long as
// they fit into `allowed` bytes, which the largest level needs anyway.
BandImage resnets_in_bands(Context& ctx, const std::vector<ResnetBlock>& resnets, BandImage x, bool x_is_held,
                           int64_t allowed) {
  const int64_t largest = std::max(x.channels, channels_behind(resnets));
  if (16 * x.height * x.width * largest <= allowed) {  // about four maps: without bands
    const int64_t band_bytes = x.band_bytes;
    Tensor y = whole(ctx, x);
    x = {};
    for (const ResnetBlock& resnet : resnets) y = resnet.forward(ctx, y);
    return held(y, band_bytes);
  }
  for (const ResnetBlock& resnet : resnets) {
    const int64_t in = x.bytes(), out = 4 * x.height * x.width * resnet.conv2.shape.out_channels;
    if (!x_is_held && std::max(in, out) + std::min(in, out) / 4 <= allowed) {
      x = held(ctx, x);
      x_is_held = true;
    }
    // While the result grows, what it is made of is let go.
    x = resnet_in_bands(ctx, resnet, x, (x_is_held ? in : in / 4) + out <= allowed);
    x_is_held = true;
  }
  return x;
}

// Of the level that needs most: its result. While that grows, what it is made of is let go.
int64_t needed_bytes(const VaeDecoder& decoder, const Tensor& latents) {
  int64_t needed = 0, pixels = latents.dim(1) * latents.dim(2);
  for (const VaeDecoder::Level& level : decoder.levels) {
    needed = std::max(needed, 4 * pixels * channels_behind(level.resnets));
    pixels *= 4;
  }
  return needed;
}

}  // namespace

Tensor decode_in_bands(Context& ctx, const VaeDecoder& decoder, const Tensor& latents, int64_t band_bytes) {
  const int64_t allowed = needed_bytes(decoder, latents) / 8 * 9;  // a little more spares computing much again
  BandImage x = held(decoder.mid.forward(ctx, conv2d(ctx, latents, decoder.conv_in)), band_bytes);
  bool x_is_held = true;
  for (const VaeDecoder::Level& level : decoder.levels) {
    x = resnets_in_bands(ctx, level.resnets, std::exchange(x, {}), x_is_held, allowed);
    x_is_held = !level.up;
    if (level.up) x = conv_in_bands(x, *level.up, true);
  }
  return whole(ctx, conv_in_bands(norm_in_bands(ctx, x, decoder.norm_out, true), decoder.conv_out));
}

Tensor encode_in_bands(Context& ctx, const VaeEncoder& encoder, const Tensor& images, int64_t band_bytes) {
  BandImage x = conv_in_bands(held(images, band_bytes), encoder.conv_in);
  const int64_t allowed = 4 * images.dim(1) * images.dim(2) * channels_behind(encoder.levels.front().resnets);
  bool x_is_held = false;
  for (const VaeEncoder::Level& level : encoder.levels) {
    x = resnets_in_bands(ctx, level.resnets, std::exchange(x, {}), x_is_held, allowed);
    x_is_held = true;
    if (level.down) x = held(ctx, conv_in_bands(x, *level.down));  // half the sides
  }
  Tensor y = whole(ctx, x);
  x = {};
  y = encoder.mid.forward(ctx, y);
  return conv2d(ctx, encoder.norm_out.silu(ctx, y), encoder.conv_out);
}

}  // namespace diptych::models
