// The interface of an autoencoder: images to latents and back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

struct ImageAutoencoderInfo {
  std::string architecture;  // "AutoencoderKL", "AutoencoderTiny"
  int64_t image_channels = 3;
  int64_t latent_channels = 0;
  int64_t scale = 8;  // pixels of a side per latent
  // What denoisers see is (latents - shift_factor) * scaling_factor; encode() and decode() apply neither.
  float scaling_factor = 1, shift_factor = 0;
  // Where each channel of latents has its own: (latents - mean) / deviation, in place of the two factors. Empty: none.
  std::vector<float> latent_means, latent_deviations;
  int64_t parameters = 0;
};

inline constexpr int64_t usual_tile_bytes = int64_t{16} << 20;

// A normal distribution per latent; of an autoencoder without one, the latents and no variance.
struct LatentDistribution {
  Tensor mean;          // [rows, latent_channels, height / scale, width / scale]
  Tensor log_variance;  // the same shape, clamped to [-30, 20]; or empty
};

class ImageAutoencoder {
 public:
  virtual ~ImageAutoencoder() = default;
  virtual const ImageAutoencoderInfo& info() const = 0;

  // images [rows, image_channels, height, width], -1 … 1. Error (invalid_argument): sides that are no multiple of
  // scale.
  virtual LatentDistribution encode(Context& ctx, const Tensor& images) const = 0;
  // latents [rows, latent_channels, h, w] -> [rows, image_channels, h * scale, w * scale], about -1 … 1
  virtual Tensor decode(Context& ctx, const Tensor& latents) const = 0;

  // The same results with less memory and more time, where an architecture has such a way. `tile_bytes`: about what a
  // part of a map takes that is computed at a time.
  virtual LatentDistribution encode_tiled(Context& ctx, const Tensor& images, int64_t /*tile_bytes*/) const {
    return encode(ctx, images);
  }
  virtual Tensor decode_tiled(Context& ctx, const Tensor& latents, int64_t /*tile_bytes*/) const {
    return decode(ctx, latents);
  }
};

}  // namespace diptych
