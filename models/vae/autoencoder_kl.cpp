#include "models/vae/autoencoder_kl.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "models/vae/image_input.h"
#include "models/vae/vae_blocks.h"

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
    Tensor x = encoder_.forward(ctx, channels_last(ctx, images));  // [rows, h, w, 2 latent_channels]
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

  Tensor decode(Context& ctx, const Tensor& latents) const override {
    check_latents(info_, latents);
    Tensor x = channels_last(ctx, latents);  // [rows, h, w, latent_channels]
    if (config_.post_quant_conv) x = as_image(linear(ctx, as_tokens(x), post_quant_), x);
    return channels_first(ctx, decoder_.forward(ctx, x));  // [rows, out_channels, height, width]
  }

 private:
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
