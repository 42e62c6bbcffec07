#include "models/vae/autoencoder_dc.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/pixel_shuffle.h"
#include "models/vae/dc_blocks.h"
#include "models/vae/image_input.h"

namespace diptych::models {
namespace {

// The way to half the sides and more channels stands behind each level but the last.
struct DcEncoder {
  DcEncoder(WeightLoader& weights, const DcConfig& c)
      : conv_out(conv3x3(weights, "encoder.conv_out", c.encoder.back().channels, c.latent_channels)),
        group(c.encoder_shortcut ? c.encoder.back().channels / c.latent_channels : 0) {
    const std::vector<DcLevel>& sizes = c.encoder;
    if (sizes.front().layers > 0) {
      conv_in = conv3x3(weights, "encoder.conv_in", c.image_channels, sizes.front().channels);
    } else {
      down_in.emplace(weights, "encoder.conv_in", c.image_channels, sizes[1].channels, c.shuffles_down, false);
    }
    for (size_t i = 0; i < sizes.size(); ++i) {
      const std::string name = "encoder.down_blocks." + std::to_string(i);
      Level& level = levels.emplace_back(Level{DcStage(weights, name, 0, sizes[i], c.head_dim), {}});
      if (i + 1 == sizes.size() || sizes[i].layers == 0) continue;
      level.down.emplace(weights, name + "." + std::to_string(sizes[i].layers), sizes[i].channels,
                         sizes[i + 1].channels, c.shuffles_down, true);
    }
  }

  Tensor forward(Context& ctx, const Tensor& images) const {  // [rows, height, width, image_channels]
    Tensor x = down_in ? down_in->forward(ctx, images) : conv2d(ctx, images, conv_in);
    for (const Level& level : levels) {
      x = level.blocks.forward(ctx, std::move(x));
      if (level.down) x = level.down->forward(ctx, x);  // [rows, height / 2, width / 2, channels]
    }
    const Tensor y = conv2d(ctx, x, conv_out);  // [rows, h, w, latent_channels]
    return group == 0 ? y : add(ctx, y, pixel_unshuffle(ctx, x, 1, group));
  }

  struct Level {
    DcStage blocks;
    std::optional<DcDown> down;
  };
  Conv2d conv_in;
  std::optional<DcDown> down_in;  // in place of it
  std::vector<Level> levels;
  Conv2d conv_out;
  int64_t group;  // of channels, whose mean is added; 0: none
};

struct DcDecoder {
  DcDecoder(WeightLoader& weights, const DcConfig& c)
      : conv_in(conv3x3(weights, "decoder.conv_in", c.latent_channels, c.decoder.back().channels)),
        repeats(c.decoder_shortcut ? c.decoder.back().channels / c.latent_channels : 0),
        norm_out(weights, "decoder.norm_out", last_channels(c)),
        last_activation(c.last_activation) {
    const std::vector<DcLevel>& sizes = c.decoder;
    for (size_t i = sizes.size(); i-- > 0;) {
      if (sizes[i].layers == 0) continue;
      const std::string name = "decoder.up_blocks." + std::to_string(i);
      const bool grows = i + 1 < sizes.size();
      Level& level = levels.emplace_back(Level{{}, DcStage(weights, name, grows ? 1 : 0, sizes[i], c.head_dim)});
      if (grows) level.up.emplace(weights, name + ".0", sizes[i + 1].channels, sizes[i].channels, c.shuffles_up, true);
    }
    if (sizes.front().layers > 0) {
      conv_out = conv3x3(weights, "decoder.conv_out", sizes.front().channels, c.image_channels);
    } else {
      up_out.emplace(weights, "decoder.conv_out", sizes[1].channels, c.image_channels, c.shuffles_up, false);
    }
  }

  static int64_t last_channels(const DcConfig& c) {
    return c.decoder.front().layers > 0 ? c.decoder.front().channels : c.decoder[1].channels;
  }

  Tensor forward(Context& ctx, const Tensor& latents) const {  // [rows, h, w, latent_channels]
    Tensor x = conv2d(ctx, latents, conv_in);
    if (repeats > 0) x = add(ctx, x, pixel_shuffle(ctx, latents, 1, repeats));
    for (const Level& level : levels) {
      if (level.up) x = level.up->forward(ctx, x);  // [rows, 2 h, 2 w, channels]
      x = level.blocks.forward(ctx, std::move(x));
    }
    x = norm_out(ctx, x);
    x = activate(ctx, x, last_activation);
    return up_out ? up_out->forward(ctx, x) : conv2d(ctx, x, conv_out);  // [rows, height, width, image_channels]
  }

  struct Level {
    std::optional<DcUp> up;
    DcStage blocks;
  };
  Conv2d conv_in;
  int64_t repeats;            // of the latents' channels, which are added; 0: none
  std::vector<Level> levels;  // from the latents on
  DcNorm norm_out;
  Activation last_activation;
  Conv2d conv_out;
  std::optional<DcUp> up_out;  // in place of it
};

class AutoencoderDc final : public ImageAutoencoder {
 public:
  AutoencoderDc(WeightLoader& weights, const ModelSource& source)
      : config_(dc_config(source)), encoder_(weights, config_), decoder_(weights, config_) {
    info_.architecture = source.architecture();
    info_.image_channels = config_.image_channels;
    info_.latent_channels = config_.latent_channels;
    info_.scale = config_.scale();
    info_.scaling_factor = config_.scaling_factor;
    info_.parameters = weights.parameters();
  }

  const ImageAutoencoderInfo& info() const override { return info_; }

  LatentDistribution encode(Context& ctx, const Tensor& images) const override {
    check_images(info_, images);
    return {channels_first(ctx, encoder_.forward(ctx, channels_last(ctx, images))), {}};
  }

  Tensor decode(Context& ctx, const Tensor& latents) const override {
    check_latents(info_, latents);
    return channels_first(ctx, decoder_.forward(ctx, channels_last(ctx, latents)));
  }

 private:
  DcConfig config_;
  ImageAutoencoderInfo info_;
  DcEncoder encoder_;
  DcDecoder decoder_;
};

}  // namespace

std::unique_ptr<ImageAutoencoder> load_autoencoder_dc(Context& ctx, const ModelSource& source,
                                                      const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<AutoencoderDc>(weights, source);
}

}  // namespace diptych::models
