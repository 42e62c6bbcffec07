#include "models/common/image_blocks.h"

#include "engine/core/recompute.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/group_norm.h"

namespace diptych::models {

GroupNorm::GroupNorm(WeightLoader& weights, const std::string& name, int64_t channels, int64_t norm_groups,
                     float norm_eps)
    : weight(weights.vector(name + ".weight", channels)),
      bias(weights.vector(name + ".bias", channels)),
      groups(norm_groups),
      eps(norm_eps) {}

Tensor GroupNorm::operator()(Context& ctx, const Tensor& x) const {
  return group_norm(ctx, x, weight, bias, groups, eps);
}

Tensor GroupNorm::silu(Context& ctx, const Tensor& x, const Tensor& shift) const {
  return group_norm(ctx, x, weight, bias, groups, eps, {.silu = true, .shift = shift});
}

ResnetBlock::ResnetBlock(WeightLoader& weights, const std::string& name, const ResnetSizes& sizes)
    : norm1(weights, name + ".norm1", sizes.in_channels, sizes.groups, sizes.eps),
      norm2(weights, name + ".norm2", sizes.out_channels, sizes.groups, sizes.eps),
      conv1(conv3x3(weights, name + ".conv1", sizes.in_channels, sizes.out_channels)),
      conv2(conv3x3(weights, name + ".conv2", sizes.out_channels, sizes.out_channels)) {
  if (sizes.time_width > 0) {
    time_projection = weights.linear({{name + ".time_emb_proj", sizes.out_channels}}, sizes.time_width);
  }
  if (sizes.in_channels != sizes.out_channels) {
    shortcut = weights.linear({{name + ".conv_shortcut", sizes.out_channels}}, sizes.in_channels);
  }
}

Tensor ResnetBlock::forward(Context& ctx, const Tensor& x, const Tensor& time) const {
  return recomputed(ctx, x, [this, time](Context& c, const Tensor& input) { return compute(c, input, time); });
}

Tensor ResnetBlock::compute(Context& ctx, const Tensor& x, const Tensor& time) const {
  Tensor h = conv2d(ctx, norm1.silu(ctx, x), conv1);                          // [rows, height, width, out_channels]
  const Tensor shift = time ? linear(ctx, time, time_projection) : Tensor();  // [rows, out_channels]
  h = norm2.silu(ctx, h, shift);                                              // [rows, height, width, out_channels]
  h = conv2d(ctx, h, conv2);                                                  // [rows, height, width, out_channels]
  return add(ctx, shortcut.blocks.empty() ? x : as_image(linear(ctx, as_tokens(x), shortcut), x), h);
}

Conv2d downsampler(WeightLoader& weights, const std::string& name, int64_t channels, int64_t padding) {
  const Padding around = padding > 0 ? padding_on_all_sides(padding) : Padding{.bottom = 1, .right = 1};
  return weights.conv2d(name, {.in_channels = channels, .out_channels = channels, .stride = 2, .padding = around});
}

Conv2d conv3x3(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels) {
  return weights.conv2d(name, {.in_channels = in_channels, .out_channels = out_channels});
}

Tensor as_tokens(const Tensor& x) {
  return x.reshape({x.elements() / x.dim(-1), x.dim(-1)});
}

Tensor as_image(const Tensor& tokens, const Tensor& x) {
  return tokens.reshape(x.shape().with(-1, tokens.dim(1)));
}

}  // namespace diptych::models
