#include "models/vae/autoencoder_kl.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/join.h"
#include "models/vae/image_input.h"
#include "models/vae/vae_bands.h"

namespace diptych::models {
namespace {

class AutoencoderKl final : public ImageAutoencoder {
 public:
  AutoencoderKl(WeightLoader& weights, const ModelSource& source)
      : config_(vae_config(source)), encoder_(weights, config_), decoder_(weights, config_) {
    const int64_t latent = config_.latent_channels;
    if (config_.quant_conv) quant_ = weights.linear({{"quant_conv", 2 * latent}}, 2 * latent);
    if (config_.post_quant_conv) post_quant_ = weights.linear({{"post_quant_conv", latent}}, latent);
    info_.architecture = source.architecture();
    info_.image_channels = config_.in_channels;
    info_.latent_channels = latent;
    info_.scale = config_.scale();
    info_.scaling_factor = config_.scaling_factor;
    info_.shift_factor = config_.shift_factor;
    info_.parameters = weights.parameters();
  }

  const ImageAutoencoderInfo& info() const override { return info_; }

  LatentDistribution encode(Context& ctx, const Tensor& images) const override {
    check_images(info_, images);
    return distribution_of(ctx, encoder_.forward(ctx, channels_last(ctx, images)));
  }

  Tensor decode(Context& ctx, const Tensor& latents) const override {
    check_latents(info_, latents);
    return channels_first(ctx, decoder_.forward(ctx, decoder_input(ctx, latents)));  // [rows, channels, height, width]
  }

  LatentDistribution encode_tiled(Context& ctx, const Tensor& images, int64_t tile_bytes) const override {
    check_images(info_, images);
    const int64_t rows = images.dim(0), scale = info_.scale;
    Tensor all = ctx.output({1, rows * images.dim(2) / scale, images.dim(3) / scale, 2 * info_.latent_channels});
    for (int64_t row = 0; row < rows; ++row) {
      const Tensor image = channels_last(ctx, images.slice(0, row, row + 1));
      store_band(ctx, encode_in_bands(ctx, encoder_, image, tile_bytes), row * images.dim(2) / scale, all);
    }
    return distribution_of(ctx, all.reshape({rows, all.dim(1) / rows, all.dim(2), all.dim(3)}));
  }

  Tensor decode_tiled(Context& ctx, const Tensor& latents, int64_t tile_bytes) const override {
    check_latents(info_, latents);
    const int64_t rows = latents.dim(0), scale = info_.scale, channels = config_.out_channels;
    Tensor all = ctx.output({1, rows * channels, latents.dim(2) * scale, latents.dim(3) * scale});
    for (int64_t row = 0; row < rows; ++row) {
      const Tensor x = decoder_input(ctx, latents.slice(0, row, row + 1));
      store_band(ctx, channels_first(ctx, decode_in_bands(ctx, decoder_, x, tile_bytes)), row * channels, all);
    }
    return all.reshape({rows, channels, all.dim(2), all.dim(3)});
  }

 private:
  // x [rows, h, w, 2 latent_channels]
  LatentDistribution distribution_of(Context& ctx, Tensor x) const {
    if (config_.quant_conv) x = as_image(linear(ctx, as_tokens(x), quant_), x);
    x = channels_first(ctx, x);  // [rows, 2 latent_channels, h, w]
    // Each row's first half of channels is its mean, the second its log variance.
    const Shape shape = x.shape().with(1, config_.latent_channels);
    std::vector<int32_t> means, variances;
    for (int32_t row = 0; row < static_cast<int32_t>(x.dim(0)); ++row) {
      means.push_back(2 * row);
      variances.push_back(2 * row + 1);
    }
    const Tensor halves = x.reshape({2 * x.dim(0), shape.elements() / x.dim(0)});
    return {gather_rows(ctx, halves, means).reshape(shape),
            clamp(ctx, gather_rows(ctx, halves, variances), -30, 20).reshape(shape)};
  }

  Tensor decoder_input(Context& ctx, const Tensor& latents) const {
    const Tensor x = channels_last(ctx, latents);  // [rows, h, w, latent_channels]
    return config_.post_quant_conv ? as_image(linear(ctx, as_tokens(x), post_quant_), x) : x;
  }

  VaeConfig config_;
  ImageAutoencoderInfo info_;
  VaeEncoder encoder_;
  VaeDecoder decoder_;
  Linear quant_, post_quant_;  // of single pixels, or none
};

}  // namespace

std::unique_ptr<ImageAutoencoder> load_autoencoder_kl(Context& ctx, const ModelSource& source,
                                                      const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<AutoencoderKl>(weights, source);
}

}  // namespace diptych::models
