#include "engine/diffusion/latents.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/patch.h"

namespace diptych::diffusion {
namespace {

// What denoisers see of channel c is (latents - shift) * scale.
struct ChannelScale {
  float scale, shift;
};
ChannelScale scale_of(const ImageAutoencoderInfo& info, int64_t channel) {
  if (info.latent_means.empty()) return {info.scaling_factor, info.shift_factor};
  const auto c = static_cast<size_t>(channel);
  return {1 / info.latent_deviations[c], info.latent_means[c]};
}

// What denoisers see [rows, latent_channels, h, w], as the autoencoder made it.
Tensor unscaled(Context& ctx, const ImageAutoencoderInfo& info, const Tensor& latents) {
  if (info.latent_means.empty()) return scale_offset(ctx, latents, 1 / info.scaling_factor, info.shift_factor);
  Tensor result = ctx.output(latents.shape());
  if (result.is_meta()) return result;
  const int64_t pixels = latents.dim(2) * latents.dim(3);
  for (int64_t i = 0; i < latents.elements(); ++i) {
    const ChannelScale c = scale_of(info, i / pixels % info.latent_channels);
    result.data<float>()[i] = latents.data<float>()[i] / c.scale + c.shift;
  }
  return result;
}

}  // namespace

Tensor encode_image(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& images, NoiseSource& noise) {
  const ImageAutoencoderInfo& info = autoencoder.info();
  const LatentDistribution distribution = autoencoder.encode(ctx, scale_offset(ctx, images, 2, -1));
  Tensor latents = ctx.output(distribution.mean.shape());  // [rows, latent_channels, h, w]
  if (latents.is_meta()) return latents;
  const auto mean = distribution.mean.span<float>(), out = latents.span<float>();
  const int64_t pixels = latents.dim(2) * latents.dim(3);
  std::vector<float> drawn(distribution.log_variance ? mean.size() : 0);
  noise.fill_normal(drawn);
  for (size_t i = 0; i < mean.size(); ++i) {
    const float deviation =
        drawn.empty() ? 0.0f : std::exp(0.5f * distribution.log_variance.data<float>()[i]) * drawn[i];
    const ChannelScale c = scale_of(info, static_cast<int64_t>(i) / pixels % info.latent_channels);
    out[i] = (mean[i] + deviation - c.shift) * c.scale;
  }
  return latents;
}

Tensor decode_latents(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& latents) {
  const ImageAutoencoderInfo& info = autoencoder.info();
  const Tensor decoded = autoencoder.decode(ctx, unscaled(ctx, info, latents));
  return clamp(ctx, scale_offset(ctx, decoded, 0.5f, 0.5f), 0, 1);
}

Tensor pack_latents(Context& ctx, const Tensor& latents) {
  const Tensor tokens = patchify(ctx, latents, {.side = 2});
  return tokens.reshape({latents.dim(0), tokens.dim(0) / latents.dim(0), tokens.dim(1)});
}

Tensor unpack_latents(Context& ctx, const Tensor& packed, int64_t height, int64_t width) {
  const Shape image{packed.dim(0), packed.dim(2) / 4, height, width};
  if (packed.shape().rank() != 3 || packed.elements() != image.elements() || height % 2 != 0 || width % 2 != 0) {
    throw Error(ErrorCategory::invalid_argument, "cannot use latents", packed.shape().str(),
                "they are no tokens of " + std::to_string(height) + " x " + std::to_string(width) + " latents",
                "give [rows, height * width / 4, channels * 4]");
  }
  return unpatchify(ctx, packed.reshape({packed.dim(0) * packed.dim(1), packed.dim(2)}), image, {.side = 2});
}

Tensor shrink_mask(Context& ctx, const Tensor& mask, int64_t height, int64_t width) {
  Tensor small = ctx.output({1, 1, height, width});
  if (small.is_meta()) return small;
  const int64_t rows = mask.dim(2), columns = mask.dim(3);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const float value = mask.data<float>()[y * rows / height * columns + x * columns / width];
      small.data<float>()[y * width + x] = value >= 0.5f ? 1.0f : 0.0f;
    }
  }
  return small;
}

Tensor without_masked(Context& ctx, const Tensor& image, const Tensor& mask) {
  Tensor kept = ctx.output(image.shape());
  if (kept.is_meta()) return kept;
  const int64_t pixels = image.dim(2) * image.dim(3);
  for (int64_t i = 0; i < image.elements(); ++i) {
    kept.data<float>()[i] = mask.data<float>()[i % pixels] < 0.5f ? image.data<float>()[i] : 0.5f;
  }
  return kept;
}

}  // namespace diptych::diffusion
