#include "models/unet/unet_transformer.h"

#include <functional>

#include "engine/core/recompute.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/ops/norm.h"
#include "models/common/encoder_attention.h"

namespace diptych::models {
namespace {

constexpr float transformer_group_norm_eps = 1e-6f, layer_norm_eps = 1e-5f;

// Queries q [rows * pixels, channels] of each row, all of which see the same keys, those from `first(row)` on.
struct RowKeys {
  Tensor keys, values;  // [tokens, channels]
  std::function<int64_t(int64_t row)> first, count;
};

Tensor attend(Context& ctx, const Tensor& q, const RowKeys& seen, int64_t heads, int64_t rows) {
  const int64_t pixels = q.dim(0) / rows;
  KeyValues keys{seen.keys.split_last(heads), seen.values.split_last(heads), 0, {}};
  for (int64_t row = 0; row < rows; ++row) {
    keys.sequences.push_back({.query_begin = row * pixels,
                              .query_end = (row + 1) * pixels,
                              .first_position = 0,
                              .keys = seen.count(row),
                              .blocks = {},
                              .contiguous_begin = seen.first(row)});
  }
  return attention(ctx, q.split_last(heads), keys, {.causal = false});
}

}  // namespace

LayerNorm::LayerNorm(WeightLoader& weights, const std::string& name, int64_t width)
    : weight(weights.vector(name + ".weight", width)), bias(weights.vector(name + ".bias", width)) {}

Tensor LayerNorm::operator()(Context& ctx, const Tensor& x) const {
  return layer_norm(ctx, x, weight, bias, layer_norm_eps);
}

UnetTransformerBlock::UnetTransformerBlock(WeightLoader& weights, const std::string& block_name,
                                           const TransformerSizes& sizes)
    : name(block_name),
      heads(sizes.heads),
      norm1(weights, name + ".norm1", sizes.channels),
      qkv(weights.linear({{name + ".attn1.to_q", sizes.channels},
                          {name + ".attn1.to_k", sizes.channels},
                          {name + ".attn1.to_v", sizes.channels}},
                         sizes.channels)),
      self_output(weights.linear({{name + ".attn1.to_out.0", sizes.channels}}, sizes.channels)),
      norm2(weights, name + ".norm2", sizes.channels),
      query(weights.linear({{name + ".attn2.to_q", sizes.channels}}, sizes.channels)),
      text_kv(weights.linear({{name + ".attn2.to_k", sizes.channels}, {name + ".attn2.to_v", sizes.channels}},
                             sizes.text_width)),
      cross_output(weights.linear({{name + ".attn2.to_out.0", sizes.channels}}, sizes.channels)),
      norm3(weights, name + ".norm3", sizes.channels) {
  // The file has what is gated first, then the gate.
  const int64_t inner = 4 * sizes.channels;
  const std::string proj = name + ".ff.net.0.proj";
  gate_up = weights.linear({{proj, inner, inner, 2 * inner}, {proj, inner, 0, 2 * inner}}, sizes.channels);
  down = weights.linear({{name + ".ff.net.2", sizes.channels}}, inner);
}

Tensor UnetTransformerBlock::forward(Context& ctx, const Tensor& x, const UnetText& text) const {
  return recomputed(ctx, x, [this, text](Context& c, const Tensor& input) { return compute(c, input, text); });
}

Tensor UnetTransformerBlock::compute(Context& ctx, const Tensor& input, const UnetText& text) const {
  Tensor h = self_attention(ctx, linear(ctx, norm1(ctx, input), qkv), text);             // [tokens, channels]
  Tensor x = add(ctx, input, linear(ctx, h, self_output));                               // [tokens, channels]
  h = cross_attention(ctx, linear(ctx, norm2(ctx, x), query), text);                     // [tokens, channels]
  x = add(ctx, x, linear(ctx, h, cross_output));                                         // [tokens, channels]
  h = gated_activation(ctx, linear(ctx, norm3(ctx, x), gate_up), Activation::gelu_erf);  // [tokens, 4 channels]
  return add(ctx, x, linear(ctx, h, down));                                              // [tokens, channels]
}

Tensor UnetTransformerBlock::self_attention(Context& ctx, const Tensor& states, const UnetText& text) const {
  const int64_t pixels = states.dim(0) / text.rows, channels = states.dim(1) / 3;
  const bool perturbs = text.perturbed != nullptr && !text.perturbed->layers.empty() && text.perturbed->layers[place];
  const int64_t whole = perturbs ? text.perturbed->first : text.rows;
  Tensor seen, alone;
  if (whole > 0) {
    const TextBatch images{.rows = whole, .columns = pixels, .ids = {}, .lengths = {}};
    seen = models::self_attention(ctx, states.slice(0, 0, whole * pixels), heads, images, {.causal = false});
  }
  if (whole < text.rows) {  // who sees only himself gets his own values
    alone = contiguous(ctx, states.slice(0, whole * pixels, states.dim(0)).slice(1, 2 * channels, 3 * channels));
  }
  if (!alone) return seen;
  return seen ? concat(ctx, seen, alone, 0) : alone;  // [rows * pixels, channels]
}

Tensor UnetTransformerBlock::cross_attention(Context& ctx, const Tensor& q, const UnetText& text) const {
  const int64_t channels = q.dim(1);
  const TextKeys::Pair read = TextKeys::of(ctx, text.kept, this, [&] {
    const Tensor kv = linear(ctx, text.tokens, text_kv);  // [rows * columns, 2 channels]
    return TextKeys::Pair{kv.slice(1, 0, channels), kv.slice(1, channels, 2 * channels)};
  });
  const auto index = [](int64_t row) { return static_cast<size_t>(row); };
  Tensor h =
      attend(ctx, q,
             {.keys = read.keys,
              .values = read.values,
              .first = [&](int64_t row) { return row * text.columns; },
              .count = [&](int64_t row) { return text.lengths.empty() ? text.columns : text.lengths[index(row)]; }},
             heads, text.rows);
  for (const ImagePrompt& prompt : text.image_prompts) {
    const Tensor shown = attend(ctx, q,
                                {.keys = prompt.keys[place],
                                 .values = prompt.values[place],
                                 .first = [&](int64_t row) { return prompt.pictures[index(row)] * prompt.tokens; },
                                 .count = [&](int64_t) { return prompt.tokens; }},
                                heads, text.rows);
    h = add(ctx, h, shown);
  }
  return h;
}

UnetTransformer::UnetTransformer(WeightLoader& weights, const std::string& name, const TransformerSizes& sizes)
    : norm(weights, name + ".norm", sizes.channels, sizes.groups, transformer_group_norm_eps),
      proj_in(weights.linear({{name + ".proj_in", sizes.channels}}, sizes.channels)) {
  for (int64_t i = 0; i < sizes.layers; ++i) {
    blocks.emplace_back(weights, name + ".transformer_blocks." + std::to_string(i), sizes);
  }
  proj_out = weights.linear({{name + ".proj_out", sizes.channels}}, sizes.channels);
}

Tensor UnetTransformer::forward(Context& ctx, const Tensor& x, const UnetText& text) const {
  Tensor h = linear(ctx, as_tokens(norm(ctx, x)), proj_in);  // [rows * pixels, channels]
  for (const UnetTransformerBlock& block : blocks) h = block.forward(ctx, h, text);
  return add(ctx, x, as_image(linear(ctx, h, proj_out), x));
}

}  // namespace diptych::models
