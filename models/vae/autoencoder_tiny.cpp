#include "models/vae/autoencoder_tiny.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "models/common/config_reader.h"
#include "models/common/hf_activation.h"
#include "models/common/image_blocks.h"
#include "models/vae/image_input.h"

namespace diptych::models {
namespace {

struct TinyConfig {
  int64_t in_channels, out_channels, latent_channels;
  std::vector<int64_t> encoder_channels, decoder_channels;  // of each level
  std::vector<int64_t> encoder_blocks, decoder_blocks;      // on each level
  Activation activation;
  float scaling_factor, shift_factor;

  explicit TinyConfig(const HfConfig& c)
      : in_channels(c.extent("in_channels", 3)),
        out_channels(c.extent("out_channels", 3)),
        latent_channels(c.extent("latent_channels", 4)),
        encoder_channels(levels(c, "encoder_block_out_channels", {64, 64, 64, 64})),
        decoder_channels(levels(c, "decoder_block_out_channels", {64, 64, 64, 64})),
        encoder_blocks(levels(c, "num_encoder_blocks", {1, 3, 3, 3})),
        decoder_blocks(levels(c, "num_decoder_blocks", {3, 3, 3, 1})),
        activation(activation_of_hf(c, "act_fn", "relu")),
        scaling_factor(static_cast<float>(c.number("scaling_factor").value_or(1))),
        shift_factor(static_cast<float>(c.number("shift_factor").value_or(0))) {
    c.expect("upsample_fn", "nearest");
    c.expect("upsampling_scaling_factor", 2);
    if (encoder_channels.size() != encoder_blocks.size()) c.fail("num_encoder_blocks", "has another length");
    if (decoder_channels.size() != decoder_blocks.size()) c.fail("num_decoder_blocks", "has another length");
    if (encoder_channels.size() != decoder_channels.size() || encoder_channels.size() > 16) {
      c.fail("decoder_block_out_channels", "does not have the encoder's levels");
    }
    // Between levels nothing changes the number of channels.
    if (!all_equal(encoder_channels)) c.fail("encoder_block_out_channels", "differs between levels");
    if (!all_equal(decoder_channels)) c.fail("decoder_block_out_channels", "differs between levels");
    if (!(scaling_factor > 0)) c.fail("scaling_factor", "is not above 0");
  }

 private:
  static std::vector<int64_t> levels(const HfConfig& c, const char* key, const std::vector<int64_t>& fallback) {
    std::vector<int64_t> given = c.counts(key);
    return given.empty() ? fallback : given;
  }
  static bool all_equal(const std::vector<int64_t>& channels) {
    return channels.front() > 0 && channels == std::vector(channels.size(), channels.front());
  }
};

struct TinyBlock {
  TinyBlock(WeightLoader& weights, const std::string& name, int64_t channels)
      : conv1(conv3x3(weights, name + ".conv.0", channels, channels)),
        conv2(conv3x3(weights, name + ".conv.2", channels, channels)),
        conv3(conv3x3(weights, name + ".conv.4", channels, channels)) {}

  Tensor forward(Context& ctx, const Tensor& x, Activation activation) const {  // [rows, height, width, channels]
    Tensor h = activate(ctx, conv2d(ctx, x, conv1), activation);
    h = activate(ctx, conv2d(ctx, h, conv2), activation);
    return activate(ctx, add(ctx, conv2d(ctx, h, conv3), x), Activation::relu);
  }

  Conv2d conv1, conv2, conv3;
};

// Counts through the layers of a torch Sequential.
class Layers {
 public:
  explicit Layers(std::string prefix) : prefix_(std::move(prefix)) {}
  std::string next() { return prefix_ + ".layers." + std::to_string(index_++); }

 private:
  std::string prefix_;
  int64_t index_ = 0;
};

struct TinyLevel {
  std::optional<Conv2d> before;  // encoder: to half the sides (the first level: from the image)
  std::vector<TinyBlock> blocks;
  std::optional<Conv2d> after;  // decoder: of the image twice as large (the last level: to the image)
};

class AutoencoderTiny final : public ImageAutoencoder {
 public:
  AutoencoderTiny(WeightLoader& weights, const ModelSource& source) : config_(HfConfig(source)) {
    load_encoder(weights);
    load_decoder(weights);
    info_.architecture = source.architecture();
    info_.image_channels = config_.in_channels;
    info_.latent_channels = config_.latent_channels;
    info_.scale = int64_t{1} << (config_.encoder_channels.size() - 1);
    info_.scaling_factor = config_.scaling_factor;
    info_.shift_factor = config_.shift_factor;
    info_.parameters = weights.parameters();
  }

  const ImageAutoencoderInfo& info() const override { return info_; }

  LatentDistribution encode(Context& ctx, const Tensor& images) const override {
    check_images(info_, images);
    Tensor x = channels_last(ctx, images);
    x = scale_offset(ctx, x, 0.5f, 0.5f);  // 0 … 1, as it was trained
    for (const TinyLevel& level : encoder_) {
      x = conv2d(ctx, x, *level.before);
      for (const TinyBlock& block : level.blocks) x = block.forward(ctx, x, config_.activation);
    }
    return {channels_first(ctx, conv2d(ctx, x, encoder_out_)), {}};  // [rows, latent_channels, h, w]
  }

  Tensor decode(Context& ctx, const Tensor& latents) const override {
    check_latents(info_, latents);
    Tensor x = soft_cap(ctx, channels_last(ctx, latents), 3);
    x = activate(ctx, conv2d(ctx, x, decoder_in_), config_.activation);
    for (const TinyLevel& level : decoder_) {
      for (const TinyBlock& block : level.blocks) x = block.forward(ctx, x, config_.activation);
      const bool last = &level == &decoder_.back();
      x = conv2d(ctx, x, *level.after, last ? Upsampling{} : Upsampling{2 * x.dim(1), 2 * x.dim(2)});
    }
    return channels_first(ctx, scale_offset(ctx, x, 2, -1));  // [rows, out_channels, height, width]
  }

 private:
  void load_encoder(WeightLoader& weights) {
    Layers layers("encoder");
    for (size_t i = 0; i < config_.encoder_channels.size(); ++i) {
      const int64_t channels = config_.encoder_channels[i];
      TinyLevel level;
      level.before = weights.conv2d(
          layers.next(),
          {.in_channels = i == 0 ? config_.in_channels : channels, .out_channels = channels, .stride = i == 0 ? 1 : 2});
      for (int64_t b = 0; b < config_.encoder_blocks[i]; ++b)
        level.blocks.emplace_back(weights, layers.next(), channels);
      encoder_.push_back(std::move(level));
    }
    encoder_out_ = conv3x3(weights, layers.next(), config_.encoder_channels.back(), config_.latent_channels);
  }

  void load_decoder(WeightLoader& weights) {
    Layers layers("decoder");
    decoder_in_ = conv3x3(weights, layers.next(), config_.latent_channels, config_.decoder_channels.front());
    layers.next();  // its activation
    for (size_t i = 0; i < config_.decoder_channels.size(); ++i) {
      const int64_t channels = config_.decoder_channels[i];
      const bool last = i + 1 == config_.decoder_channels.size();
      TinyLevel level;
      for (int64_t b = 0; b < config_.decoder_blocks[i]; ++b)
        level.blocks.emplace_back(weights, layers.next(), channels);
      if (!last) layers.next();  // the upsampling
      level.after = conv3x3(weights, layers.next(), channels, last ? config_.out_channels : channels);
      decoder_.push_back(std::move(level));
    }
  }

  TinyConfig config_;
  ImageAutoencoderInfo info_;
  std::vector<TinyLevel> encoder_, decoder_;
  Conv2d encoder_out_, decoder_in_;
};

}  // namespace

std::unique_ptr<ImageAutoencoder> load_autoencoder_tiny(Context& ctx, const ModelSource& source,
                                                        const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<AutoencoderTiny>(weights, source);
}

}  // namespace diptych::models
