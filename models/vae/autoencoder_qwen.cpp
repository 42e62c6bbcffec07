#include "models/vae/autoencoder_qwen.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/join.h"
#include "engine/ops/norm.h"
#include "models/common/config_reader.h"
#include "models/common/encoder_attention.h"
#include "models/common/image_blocks.h"
#include "models/vae/image_input.h"

namespace diptych::models {
namespace {

constexpr int64_t qwen_frames = 3;       // of a causal kernel
constexpr float qwen_norm_eps = 1e-24f;  // pixels are divided by their length, however small

struct QwenVaeConfig {
  int64_t image_channels = 3, latent_channels = 16, layers = 2;
  std::vector<int64_t> channels;  // of each level, from the image's size down
  std::vector<float> means, deviations;
};

std::vector<float> latent_statistics(const HfConfig& c, const nlohmann::json& config, const char* key,
                                     int64_t channels) {
  const auto found = config.find(key);
  std::vector<float> values;
  if (found == config.end() || !found->is_array()) c.fail(key, "is no list of numbers");
  for (const nlohmann::json& value : *found) {
    if (!value.is_number()) c.fail(key, "is no list of numbers");
    values.push_back(value.get<float>());
  }
  if (static_cast<int64_t>(values.size()) != channels) c.fail(key, "does not have an entry for each channel");
  return values;
}

QwenVaeConfig qwen_vae_config(const ModelSource& source) {
  const HfConfig c(source);
  QwenVaeConfig config;
  config.image_channels = c.extent("input_channels", 3);
  config.latent_channels = c.extent("z_dim", 16);
  config.layers = c.extent("num_res_blocks", 2);
  c.expect("attn_scales", nlohmann::json::array());
  const int64_t base = c.extent("base_dim", 96);
  std::vector<int64_t> multipliers = c.extents("dim_mult");
  if (multipliers.empty()) multipliers = {1, 2, 4, 4};
  if (multipliers.size() > 16) c.fail("dim_mult", "has more levels than any image can have");
  for (const int64_t multiplier : multipliers) config.channels.push_back(base * multiplier);
  for (const int64_t channels : config.channels) {
    if (channels > largest_extent || channels % 2 != 0) c.fail("dim_mult", "makes an odd number of channels");
  }
  config.means = latent_statistics(c, *source.hf->config, "latents_mean", config.latent_channels);
  config.deviations = latent_statistics(c, *source.hf->config, "latents_std", config.latent_channels);
  for (const float deviation : config.deviations) {
    if (!(deviation > 0)) c.fail("latents_std", "holds a number that is not above 0");
  }
  return config;
}

// A root mean square norm over the channels of each pixel.
struct QwenNorm {
  QwenNorm(WeightLoader& weights, const std::string& name, int64_t channels, bool of_frames = true)
      : gamma(weights.values(name + ".gamma", of_frames ? Shape{channels, 1, 1, 1} : Shape{channels, 1, 1})
                  .reshape({channels})) {}

  Tensor operator()(Context& ctx, const Tensor& x) const {
    return as_image(rms_norm(ctx, as_tokens(x), gamma, qwen_norm_eps), x);
  }
  Tensor silu(Context& ctx, const Tensor& x) const {
    return as_image(activate(ctx, rms_norm(ctx, as_tokens(x), gamma, qwen_norm_eps), Activation::silu), x);
  }

  Tensor gamma;  // [channels]
};

Conv2d causal_conv(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels) {
  return weights.conv2d_of_last_frame(name, {.in_channels = in_channels, .out_channels = out_channels}, qwen_frames);
}

Conv2d pixel_conv(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels) {
  return weights.conv2d_of_last_frame(
      name,
      {.in_channels = in_channels, .out_channels = out_channels, .kernel_height = 1, .kernel_width = 1, .padding = {}},
      1);
}

struct QwenResnet {
  QwenResnet(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels)
      : norm1(weights, name + ".norm1", in_channels),
        norm2(weights, name + ".norm2", out_channels),
        conv1(causal_conv(weights, name + ".conv1", in_channels, out_channels)),
        conv2(causal_conv(weights, name + ".conv2", out_channels, out_channels)) {
    if (in_channels != out_channels) {
      shortcut = pixel_conv(weights, name + ".conv_shortcut", in_channels, out_channels);
    }
  }

  Tensor forward(Context& ctx, const Tensor& x) const {  // [rows, height, width, in_channels]
    Tensor h = conv2d(ctx, norm1.silu(ctx, x), conv1);   // [rows, height, width, out_channels]
    h = conv2d(ctx, norm2.silu(ctx, h), conv2);          // [rows, height, width, out_channels]
    return add(ctx, shortcut ? conv2d(ctx, x, *shortcut) : x, h);
  }

  QwenNorm norm1, norm2;
  Conv2d conv1, conv2;
  std::optional<Conv2d> shortcut;
};

struct QwenMidBlock {
  QwenMidBlock(WeightLoader& weights, const std::string& name, int64_t channels)
      : resnet1(weights, name + ".resnets.0", channels, channels),
        norm(weights, name + ".attentions.0.norm", channels, false),
        qkv(weights.linear({{name + ".attentions.0.to_qkv", 3 * channels}}, channels)),
        output(weights.linear({{name + ".attentions.0.proj", channels}}, channels)),
        resnet2(weights, name + ".resnets.1", channels, channels) {}

  Tensor forward(Context& ctx, const Tensor& input) const {  // [rows, height, width, channels]
    Tensor x = resnet1.forward(ctx, input);
    const TextBatch pixels{.rows = x.dim(0), .columns = x.dim(1) * x.dim(2), .ids = {}, .lengths = {}};
    const Tensor h = linear(ctx, as_tokens(norm(ctx, x)), qkv);             // [pixels, 3 channels]
    const Tensor a = self_attention(ctx, h, 1, pixels, {.causal = false});  // [pixels, channels]
    x = add(ctx, x, as_image(linear(ctx, a, output), x));
    return resnet2.forward(ctx, x);
  }

  QwenResnet resnet1;
  QwenNorm norm;
  Linear qkv;     // [3 channels, channels]
  Linear output;  // [channels, channels]
  QwenResnet resnet2;
};

struct QwenLevel {
  std::vector<QwenResnet> resnets;
  std::optional<Conv2d> resample;  // of half, or twice, the sides
};

struct QwenEncoder {
  QwenEncoder(WeightLoader& weights, const QwenVaeConfig& c)
      : conv_in(causal_conv(weights, "encoder.conv_in", c.image_channels, c.channels.front())),
        mid(weights, "encoder.mid_block", c.channels.back()),
        norm_out(weights, "encoder.norm_out", c.channels.back()),
        conv_out(causal_conv(weights, "encoder.conv_out", c.channels.back(), 2 * c.latent_channels)) {
    int64_t channels = c.channels.front(), block = 0;
    const auto next = [&] { return "encoder.down_blocks." + std::to_string(block++); };
    for (size_t level = 0; level < c.channels.size(); ++level) {
      QwenLevel& own = levels.emplace_back();
      for (int64_t i = 0; i < c.layers; ++i) {
        own.resnets.emplace_back(weights, next(), channels, c.channels[level]);
        channels = c.channels[level];
      }
      if (level + 1 < c.channels.size()) own.resample = downsampler(weights, next() + ".resample.1", channels, 0);
    }
  }

  Tensor forward(Context& ctx, const Tensor& images) const {  // [rows, height, width, image_channels]
    Tensor x = conv2d(ctx, images, conv_in);
    for (const QwenLevel& level : levels) {
      for (const QwenResnet& resnet : level.resnets) x = resnet.forward(ctx, x);
      if (level.resample) x = conv2d(ctx, x, *level.resample);  // [rows, height / 2, width / 2, channels]
    }
    x = mid.forward(ctx, x);
    return conv2d(ctx, norm_out.silu(ctx, x), conv_out);  // [rows, h, w, 2 latent_channels]
  }

  Conv2d conv_in;
  std::vector<QwenLevel> levels;
  QwenMidBlock mid;
  QwenNorm norm_out;
  Conv2d conv_out;
};

struct QwenDecoder {
  QwenDecoder(WeightLoader& weights, const QwenVaeConfig& c)
      : conv_in(causal_conv(weights, "decoder.conv_in", c.latent_channels, c.channels.back())),
        mid(weights, "decoder.mid_block", c.channels.back()),
        norm_out(weights, "decoder.norm_out", c.channels.front()),
        conv_out(causal_conv(weights, "decoder.conv_out", c.channels.front(), c.image_channels)) {
    int64_t channels = c.channels.back();
    for (size_t level = 0; level < c.channels.size(); ++level) {
      const std::string name = "decoder.up_blocks." + std::to_string(level);
      const int64_t out_channels = c.channels[c.channels.size() - 1 - level];
      QwenLevel& own = levels.emplace_back();
      for (int64_t i = 0; i <= c.layers; ++i) {
        own.resnets.emplace_back(weights, name + ".resnets." + std::to_string(i), channels, out_channels);
        channels = out_channels;
      }
      if (level + 1 < c.channels.size()) {
        own.resample = conv3x3(weights, name + ".upsamplers.0.resample.1", channels, channels / 2);
        channels /= 2;
      }
    }
  }

  Tensor forward(Context& ctx, const Tensor& latents) const {  // [rows, h, w, latent_channels]
    Tensor x = mid.forward(ctx, conv2d(ctx, latents, conv_in));
    for (const QwenLevel& level : levels) {
      for (const QwenResnet& resnet : level.resnets) x = resnet.forward(ctx, x);
      if (level.resample) x = conv2d(ctx, x, *level.resample, {2 * x.dim(1), 2 * x.dim(2)});
    }
    return conv2d(ctx, norm_out.silu(ctx, x), conv_out);  // [rows, height, width, image_channels]
  }

  Conv2d conv_in;
  QwenMidBlock mid;
  std::vector<QwenLevel> levels;
  QwenNorm norm_out;
  Conv2d conv_out;
};

class AutoencoderQwen final : public ImageAutoencoder {
 public:
  AutoencoderQwen(WeightLoader& weights, const ModelSource& source)
      : config_(qwen_vae_config(source)),
        encoder_(weights, config_),
        decoder_(weights, config_),
        quant_(pixel_conv(weights, "quant_conv", 2 * config_.latent_channels, 2 * config_.latent_channels)),
        post_quant_(pixel_conv(weights, "post_quant_conv", config_.latent_channels, config_.latent_channels)) {
    info_.architecture = source.architecture();
    info_.image_channels = config_.image_channels;
    info_.latent_channels = config_.latent_channels;
    info_.scale = int64_t{1} << (config_.channels.size() - 1);
    info_.latent_means = config_.means;
    info_.latent_deviations = config_.deviations;
    info_.parameters = weights.parameters();
  }

  const ImageAutoencoderInfo& info() const override { return info_; }

  LatentDistribution encode(Context& ctx, const Tensor& images) const override {
    check_images(info_, images);
    const Tensor x = encoder_.forward(ctx, channels_last(ctx, images));  // [rows, h, w, 2 latent_channels]
    const Tensor both = channels_first(ctx, conv2d(ctx, x, quant_));     // [rows, 2 latent_channels, h, w]
    const int64_t half = config_.latent_channels;
    return {contiguous(ctx, both.slice(1, 0, half)),
            clamp(ctx, contiguous(ctx, both.slice(1, half, 2 * half)), -30, 20)};
  }

  Tensor decode(Context& ctx, const Tensor& latents) const override {
    check_latents(info_, latents);
    const Tensor x = conv2d(ctx, channels_last(ctx, latents), post_quant_);   // [rows, h, w, latent_channels]
    return clamp(ctx, channels_first(ctx, decoder_.forward(ctx, x)), -1, 1);  // [rows, image_channels, height, width]
  }

 private:
  QwenVaeConfig config_;
  ImageAutoencoderInfo info_;
  QwenEncoder encoder_;
  QwenDecoder decoder_;
  Conv2d quant_, post_quant_;  // of single pixels
};

}  // namespace

std::unique_ptr<ImageAutoencoder> load_autoencoder_qwen(Context& ctx, const ModelSource& source,
                                                        const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<AutoencoderQwen>(weights, source);
}

}  // namespace diptych::models
