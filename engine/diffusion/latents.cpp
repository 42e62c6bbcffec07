#include "engine/diffusion/latents.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/core/error.h"
#include "engine/diffusion/finite_guard.h"
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

Tensor encode_image(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& images, NoiseSource& noise,
                    bool tiled, int64_t times) {
  const ImageAutoencoderInfo& info = autoencoder.info();
  const Tensor signed_images = scale_offset(ctx, images, 2, -1);
  const LatentDistribution distribution =
      tiled ? autoencoder.encode_tiled(ctx, signed_images, usual_tile_bytes) : autoencoder.encode(ctx, signed_images);
  return drawn_latents(ctx, info, distribution, noise, times);
}

Tensor drawn_latents(Context& ctx, const ImageAutoencoderInfo& info, const LatentDistribution& distribution,
                     NoiseSource& noise, int64_t times) {
  const Shape& one = distribution.mean.shape();
  Tensor latents = ctx.output(one.with(0, times * one[0]));  // [times * rows, latent_channels, h, w]
  if (latents.is_meta()) return latents;
  const auto mean = distribution.mean.span<float>(), out = latents.span<float>();
  const int64_t pixels = latents.dim(2) * latents.dim(3);
  std::vector<float> drawn(distribution.log_variance ? out.size() : 0);
  if (!drawn.empty()) noise.fill_normal(drawn);
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t of = i % mean.size();
    const float deviation =
        drawn.empty() ? 0.0f : std::exp(0.5f * distribution.log_variance.data<float>()[of]) * drawn[i];
    const ChannelScale c = scale_of(info, static_cast<int64_t>(of) / pixels % info.latent_channels);
    out[i] = (mean[of] + deviation - c.shift) * c.scale;
  }
  return latents;
}

Tensor decode_latents(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& latents, bool tiled,
                      bool* redone) {
  const ImageAutoencoderInfo& info = autoencoder.info();
  const Tensor scaled = unscaled(ctx, info, latents);
  Tensor decoded;
  bool again = false;
  guarded(
      ctx, "the autoencoder's picture",
      [&] {
        decoded = {};
        decoded = tiled ? autoencoder.decode_tiled(ctx, scaled, usual_tile_bytes) : autoencoder.decode(ctx, scaled);
      },
      [&] { return all_finite(decoded); }, again);
  if (redone != nullptr) *redone = again;
  return clamp(ctx, scale_offset(ctx, decoded, 0.5f, 0.5f), 0, 1);
}

Tensor clean_latents(Context& ctx, const Mix& mix, Prediction form, const Tensor& sample, const Tensor& prediction) {
  Tensor clean = ctx.output(sample.shape());
  if (clean.is_meta()) return clean;
  const float norm = std::hypot(mix.alpha, mix.sigma);  // v is defined for samples of unit variance
  const int64_t values = sample.elements() / sample.dim(0), given = prediction.elements() / prediction.dim(0);
  for (int64_t row = 0; row < sample.dim(0); ++row) {
    const float* x = sample.data<float>() + row * values;
    const float* out = prediction.data<float>() + row * given;
    float* y = clean.data<float>() + row * values;
    for (int64_t i = 0; i < values; ++i) {
      switch (form) {
        case Prediction::epsilon:
          y[i] = (x[i] - mix.sigma * out[i]) / std::max(mix.alpha, 1e-3f);
          break;
        case Prediction::v:
          y[i] = (mix.alpha * x[i] / norm - mix.sigma * out[i]) / norm;
          break;
        case Prediction::sample:
          y[i] = out[i];
          break;
        case Prediction::flow:
          y[i] = x[i] - mix.sigma * out[i];
          break;
      }
    }
  }
  return clean;
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
