#include "models/vae/vae_blocks.h"

#include "engine/ops/elementwise.h"
#include "models/common/encoder_attention.h"

namespace diptych::models {
namespace {

constexpr float vae_norm_eps = 1e-6f;

ResnetSizes resnet_sizes(const VaeConfig& c, int64_t in_channels, int64_t out_channels) {
  return {.in_channels = in_channels, .out_channels = out_channels, .groups = c.norm_groups, .eps = vae_norm_eps};
}

std::vector<ResnetBlock> resnets_of(WeightLoader& weights, const std::string& name, const VaeConfig& c, int64_t count,
                                    int64_t in_channels, int64_t out_channels) {
  std::vector<ResnetBlock> resnets;
  for (int64_t i = 0; i < count; ++i) {
    resnets.emplace_back(weights, name + ".resnets." + std::to_string(i),
                         resnet_sizes(c, i == 0 ? in_channels : out_channels, out_channels));
  }
  return resnets;
}

// Before its attention was one class for all, diffusers wrote it under other names.
std::string attention_part(const WeightLoader& weights, const std::string& name, const char* now, const char* before) {
  const std::string former = name + "." + before;
  return weights.contains(former + ".weight") ? former : name + "." + now;
}

}  // namespace

VaeAttention::VaeAttention(WeightLoader& weights, const std::string& name, const VaeConfig& c)
    : norm(weights, name + ".group_norm", c.block_channels.back(), c.norm_groups, vae_norm_eps) {
  const int64_t channels = c.block_channels.back();
  qkv = weights.linear({{attention_part(weights, name, "to_q", "query"), channels},
                        {attention_part(weights, name, "to_k", "key"), channels},
                        {attention_part(weights, name, "to_v", "value"), channels}},
                       channels);
  output = weights.linear({{attention_part(weights, name, "to_out.0", "proj_attn"), channels}}, channels);
}

Tensor VaeAttention::forward(Context& ctx, const Tensor& x) const {
  const TextBatch pixels{.rows = x.dim(0), .columns = x.dim(1) * x.dim(2), .ids = {}, .lengths = {}};
  const Tensor h = as_tokens(norm(ctx, x));                                                 // [pixels, channels]
  const Tensor a = self_attention(ctx, linear(ctx, h, qkv), 1, pixels, {.causal = false});  // [pixels, channels]
  return add(ctx, x, as_image(linear(ctx, a, output), x));
}

VaeMidBlock::VaeMidBlock(WeightLoader& weights, const std::string& name, const VaeConfig& c)
    : resnet1(weights, name + ".resnets.0", resnet_sizes(c, c.block_channels.back(), c.block_channels.back())),
      resnet2(weights, name + ".resnets.1", resnet_sizes(c, c.block_channels.back(), c.block_channels.back())) {
  if (c.mid_attention) attention.emplace(weights, name + ".attentions.0", c);
}

Tensor VaeMidBlock::forward(Context& ctx, const Tensor& x) const {
  Tensor h = resnet1.forward(ctx, x);
  if (attention) h = attention->forward(ctx, h);
  return resnet2.forward(ctx, h);
}

VaeEncoder::VaeEncoder(WeightLoader& weights, const VaeConfig& c)
    : conv_in(conv3x3(weights, "encoder.conv_in", c.in_channels, c.block_channels.front())),
      mid(weights, "encoder.mid_block", c),
      norm_out(weights, "encoder.conv_norm_out", c.block_channels.back(), c.norm_groups, vae_norm_eps),
      conv_out(conv3x3(weights, "encoder.conv_out", c.block_channels.back(), 2 * c.latent_channels)) {
  int64_t channels = c.block_channels.front();
  for (size_t i = 0; i < c.block_channels.size(); ++i) {
    const std::string name = "encoder.down_blocks." + std::to_string(i);
    Level level{resnets_of(weights, name, c, c.layers_per_block, channels, c.block_channels[i]), {}};
    channels = c.block_channels[i];
    if (i + 1 < c.block_channels.size()) level.down = downsampler(weights, name + ".downsamplers.0.conv", channels, 0);
    levels.push_back(std::move(level));
  }
}

Tensor VaeEncoder::forward(Context& ctx, const Tensor& images) const {  // [rows, height, width, in_channels]
  Tensor x = conv2d(ctx, images, conv_in);
  for (const Level& level : levels) {
    for (const ResnetBlock& resnet : level.resnets) x = resnet.forward(ctx, x);
    if (level.down) x = conv2d(ctx, x, *level.down);  // [rows, height / 2, width / 2, channels]
  }
  x = mid.forward(ctx, x);
  return conv2d(ctx, norm_out.silu(ctx, x), conv_out);
}

VaeDecoder::VaeDecoder(WeightLoader& weights, const VaeConfig& c)
    : conv_in(conv3x3(weights, "decoder.conv_in", c.latent_channels, c.block_channels.back())),
      mid(weights, "decoder.mid_block", c),
      norm_out(weights, "decoder.conv_norm_out", c.block_channels.front(), c.norm_groups, vae_norm_eps),
      conv_out(conv3x3(weights, "decoder.conv_out", c.block_channels.front(), c.out_channels)) {
  int64_t channels = c.block_channels.back();
  for (size_t i = 0; i < c.block_channels.size(); ++i) {
    const std::string name = "decoder.up_blocks." + std::to_string(i);
    const int64_t out_channels = c.block_channels[c.block_channels.size() - 1 - i];
    Level level{resnets_of(weights, name, c, c.layers_per_block + 1, channels, out_channels), {}};
    channels = out_channels;
    if (i + 1 < c.block_channels.size()) {
      level.up = conv3x3(weights, name + ".upsamplers.0.conv", channels, channels);
    }
    levels.push_back(std::move(level));
  }
}

Tensor VaeDecoder::forward(Context& ctx, const Tensor& latents) const {  // [rows, h, w, latent_channels]
  Tensor x = conv2d(ctx, latents, conv_in);
  x = mid.forward(ctx, x);
  for (const Level& level : levels) {
    for (const ResnetBlock& resnet : level.resnets) x = resnet.forward(ctx, x);
    if (level.up) x = conv2d(ctx, x, *level.up, {2 * x.dim(1), 2 * x.dim(2)});  // [rows, 2 h, 2 w, channels]
  }
  return conv2d(ctx, norm_out.silu(ctx, x), conv_out);
}

}  // namespace diptych::models
