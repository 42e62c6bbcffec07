#include "models/vae/dc_blocks.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/grouped_linear.h"
#include "engine/ops/join.h"
#include "engine/ops/linear_attention.h"
#include "engine/ops/norm.h"
#include "engine/ops/pixel_shuffle.h"

namespace diptych::models {
namespace {

constexpr float dc_norm_eps = 1e-5f;
constexpr int64_t expansion = 4;  // of the feed-forward layer, behind its gate

Conv2d each_channel(WeightLoader& weights, const std::string& name, int64_t channels, int64_t side) {
  return weights.conv2d(name, {.in_channels = channels,
                               .out_channels = channels,
                               .kernel_height = side,
                               .kernel_width = side,
                               .padding = padding_on_all_sides(side / 2),
                               .groups = channels});
}

// A convolution of single pixels in groups of `width` channels.
Linear groups_of(WeightLoader& weights, const std::string& name, int64_t channels, int64_t width) {
  std::vector<WeightLoader::Part> parts;
  for (int64_t row = 0; row < channels; row += width) {
    parts.push_back({.name = name, .rows = width, .first_row = row, .rows_of_all = channels});
  }
  return weights.linear(parts, width);
}

}  // namespace

DcNorm::DcNorm(WeightLoader& weights, const std::string& name, int64_t channels)
    : weight(weights.vector(name + ".weight", channels)),
      bias(weights.vector(name + ".bias", channels).reshape({1, channels})) {}

Tensor DcNorm::operator()(Context& ctx, const Tensor& x) const {
  const Tensor normed = as_tokens(rms_norm(ctx, x, weight, dc_norm_eps));  // [pixels, channels]
  return add_rows(ctx, normed, bias).reshape(x.shape());
}

DcResBlock::DcResBlock(WeightLoader& weights, const std::string& name, const DcLevel& level)
    : activation(level.activation),
      conv1(conv3x3(weights, name + ".conv1", level.channels, level.channels)),
      conv2(conv3x3(weights, name + ".conv2", level.channels, level.channels)),
      norm(weights, name + ".norm", level.channels) {}

Tensor DcResBlock::forward(Context& ctx, const Tensor& x) const {
  Tensor h = activate(ctx, conv2d(ctx, x, conv1), activation);  // [rows, height, width, channels]
  h = conv2d(ctx, h, conv2);
  return add(ctx, x, norm(ctx, h));
}

DcAttentionBlock::DcAttentionBlock(WeightLoader& weights, const std::string& name, const DcLevel& level,
                                   int64_t head_dim)
    : head_dim_(head_dim),
      inner_(level.channels / head_dim * head_dim),
      qkv_(weights.linear({{name + ".attn.to_q", inner_}, {name + ".attn.to_k", inner_}, {name + ".attn.to_v", inner_}},
                          level.channels)),
      output_(weights.linear({{name + ".attn.to_out", level.channels}},
                             inner_ * (1 + static_cast<int64_t>(level.scales.size())))),
      attention_norm_(weights, name + ".attn.norm_out", level.channels),
      inverted_(weights.linear({{name + ".conv_out.conv_inverted", 2 * expansion * level.channels}}, level.channels)),
      depth_(each_channel(weights, name + ".conv_out.conv_depth", 2 * expansion * level.channels, 3)),
      point_(weights.linear({{name + ".conv_out.conv_point", level.channels}}, expansion * level.channels)),
      norm_(weights, name + ".conv_out.norm", level.channels) {
  for (size_t i = 0; i < level.scales.size(); ++i) {
    const std::string scale = name + ".attn.to_qkv_multiscale." + std::to_string(i);
    scales_.push_back({each_channel(weights, scale + ".proj_in", 3 * inner_, level.scales[i]),
                       groups_of(weights, scale + ".proj_out", 3 * inner_, head_dim)});
  }
}

// A head's query, key and value are neighbouring channels of what the three projections give together, whatever their
// names say.
Tensor DcAttentionBlock::attend(Context& ctx, const Tensor& x) const {
  const Tensor first = linear(ctx, as_tokens(x), qkv_);  // [pixels, 3 inner]
  Tensor all = first;
  for (const Scale& scale : scales_) {
    const Tensor wide = conv2d(ctx, as_image(first, x), scale.each);                // [rows, h, w, 3 inner]
    all = concat(ctx, all, grouped_linear(ctx, as_tokens(wide), scale.groups), 1);  // [pixels, scales * 3 inner]
  }
  const Tensor heads = all.split_last(all.dim(1) / (3 * head_dim_));  // [pixels, heads, 3 head_dim]
  const auto part = [&](int64_t i) { return heads.slice(2, i * head_dim_, (i + 1) * head_dim_); };
  const Tensor a = relu_linear_attention(ctx, {part(0), part(1), part(2)}, x.dim(0));  // [pixels, scales * inner]
  return as_image(linear(ctx, a, output_), x);
}

Tensor DcAttentionBlock::feed_forward(Context& ctx, const Tensor& x) const {
  const Tensor h = activate(ctx, linear(ctx, as_tokens(x), inverted_), Activation::silu);  // [pixels, 8 channels]
  const Tensor seen = as_tokens(conv2d(ctx, as_image(h, x), depth_));
  return as_image(linear(ctx, gated_activation_behind(ctx, seen, Activation::silu), point_), x);
}

Tensor DcAttentionBlock::forward(Context& ctx, const Tensor& x) const {
  const Tensor attended = add(ctx, x, attention_norm_(ctx, attend(ctx, x)));
  return add(ctx, attended, norm_(ctx, feed_forward(ctx, attended)));
}

DcDown::DcDown(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels,
               bool by_shuffling, bool shortcut)
    : shuffles(by_shuffling),
      group(shortcut ? 4 * in_channels / out_channels : 0),
      conv(weights.conv2d(name + ".conv", {.in_channels = in_channels,
                                           .out_channels = by_shuffling ? out_channels / 4 : out_channels,
                                           .stride = by_shuffling ? 1 : 2})) {}

Tensor DcDown::forward(Context& ctx, const Tensor& x) const {  // [rows, height, width, in_channels]
  Tensor y = conv2d(ctx, x, conv);
  if (shuffles) y = pixel_unshuffle(ctx, y, 2);  // [rows, height / 2, width / 2, out_channels]
  return group == 0 ? y : add(ctx, y, pixel_unshuffle(ctx, x, 2, group));
}

DcUp::DcUp(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels, bool by_shuffling,
           bool shortcut)
    : shuffles(by_shuffling),
      repeats(shortcut ? 4 * out_channels / in_channels : 0),
      conv(conv3x3(weights, name + ".conv", in_channels, by_shuffling ? 4 * out_channels : out_channels)) {}

Tensor DcUp::forward(Context& ctx, const Tensor& x) const {  // [rows, height, width, in_channels]
  Tensor y = shuffles ? pixel_shuffle(ctx, conv2d(ctx, x, conv), 2)
                      : conv2d(ctx, x, conv, {2 * x.dim(1), 2 * x.dim(2)});  // [rows, 2 height, 2 width, out_channels]
  return repeats == 0 ? y : add(ctx, y, pixel_shuffle(ctx, x, 2, repeats));
}

DcStage::DcStage(WeightLoader& weights, const std::string& name, int64_t first, const DcLevel& level,
                 int64_t head_dim) {
  for (int64_t i = first; i < first + level.layers; ++i) {
    const std::string block = name + "." + std::to_string(i);
    if (level.attends) {
      attentions.emplace_back(weights, block, level, head_dim);
    } else {
      convolutions.emplace_back(weights, block, level);
    }
  }
}

Tensor DcStage::forward(Context& ctx, Tensor x) const {
  for (const DcResBlock& block : convolutions) x = block.forward(ctx, x);
  for (const DcAttentionBlock& block : attentions) x = block.forward(ctx, x);
  return x;
}

}  // namespace diptych::models
