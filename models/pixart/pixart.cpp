#include "models/pixart/pixart.h"

#include "engine/core/error.h"
#include "engine/core/recompute.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/ops/patch.h"
#include "models/common/attention_layers.h"
#include "models/common/cached_blocks.h"
#include "models/common/denoiser_input.h"
#include "models/common/embedder.h"
#include "models/common/feed_forward.h"
#include "models/common/position_table.h"
#include "models/common/reference_inputs.h"
#include "models/common/table_modulation.h"
#include "models/common/timestep_embedding.h"
#include "models/common/transformer_config.h"
#include "models/pixart/pixart_config.h"

namespace diptych::models {
namespace {

constexpr TimestepEmbedding pixart_numbers{.channels = 256};

struct PixArtBlock {
  PixArtBlock(WeightLoader& weights, const std::string& name, const PixArtConfig& c)
      : norm_eps(c.norm_eps),
        table(weights.values(name + "scale_shift_table", {6, c.width()})),
        attention(weights, name + "attn1", {.heads = c.heads, .head_dim = c.head_dim}),
        text_attention(weights, name + "attn2", c.width(), c.key_width(), {.heads = c.heads, .head_dim = c.head_dim}),
        mlp(weights, name + "ff", c.width(), 4 * c.width()) {}

  // x [rows * patches, width], text's tokens [rows * tokens, key_width], parts [rows, 6 width]
  // first_perturbed: PerturbedRows
  Tensor forward(Context& ctx, Tensor x, const ReadText& text, const Tensor& parts, int64_t first_perturbed) const {
    const int64_t rows = parts.dim(0);
    const Modulation m = table_modulation(ctx, parts, table);
    Tensor h = layer_norm_modulate(ctx, x, m[1], m[0], norm_eps);  // [rows * patches, width]
    const bool perturbs = first_perturbed < rows;
    h = perturbs ? attention.forward_perturbed(ctx, h, rows, first_perturbed) : attention.forward(ctx, h, rows);
    x = gated_add(ctx, x, m[2], h);
    x = add(ctx, x, text_attention.forward(ctx, x, text, rows));
    h = layer_norm_modulate(ctx, x, m[4], m[3], norm_eps);
    return gated_add(ctx, x, m[5], mlp.forward(ctx, h));
  }

  // What the attention reads of x: behind its norm, modulated.
  Tensor modulated(Context& ctx, const Tensor& x, const Tensor& parts) const {
    const Modulation m = table_modulation(ctx, parts, table);
    return layer_norm_modulate(ctx, x, m[1], m[0], norm_eps);
  }

  float norm_eps;
  Tensor table;  // [6, width]
  SelfAttention attention;
  CrossAttention text_attention;
  FeedForward mlp;
};

struct PixArtBlocks {  // cached_blocks.h
  const std::vector<PixArtBlock>& blocks;
  ReadText text;
  const Tensor& parts;
  int64_t rows;
  const PerturbedRows& perturbed;

  const Tensor& image(const Tensor& x) const { return x; }
  Tensor modulated(Context& ctx, const Tensor& x) const { return blocks.front().modulated(ctx, x, parts); }
  Tensor first(Context& ctx, const Tensor& x) const { return block(ctx, 0, x); }
  Tensor rest(Context& ctx, Tensor x) const {
    for (size_t i = 1; i < blocks.size(); ++i) x = block(ctx, i, x);
    return x;
  }
  Tensor block(Context& ctx, size_t i, const Tensor& x) const {
    const bool perturbs = !perturbed.layers.empty() && perturbed.layers[i];
    return recomputed(ctx, x,
                      [&one = blocks[i], read = text, of_time = parts, first = perturbs ? perturbed.first : rows](
                          Context& c, const Tensor& state) { return one.forward(c, state, read, of_time, first); });
  }
};

class PixArt final : public Denoiser {
 public:
  PixArt(WeightLoader& weights, const ModelSource& source) : config_(pixart_config(source)) {
    const int64_t width = config_.width(), side = config_.patch;
    patches_ = weights.patch_linear("pos_embed.proj", {width, config_.in_channels, side, side});
    const std::string condition = "adaln_single.";
    time_ = Embedder(weights, condition + "emb.timestep_embedder", pixart_numbers.channels, width);
    if (config_.size_conditioned) {
      resolution_ = Embedder(weights, condition + "emb.resolution_embedder", pixart_numbers.channels, width / 3);
      aspect_ratio_ = Embedder(weights, condition + "emb.aspect_ratio_embedder", pixart_numbers.channels, width / 3);
    }
    parts_ = weights.linear({{condition + "linear", 6 * width}}, width);
    if (config_.projects_text) {
      text_ = Embedder(weights, "caption_projection", config_.text_width, width, Activation::gelu_tanh);
    }
    for (int64_t i = 0; i < config_.layers; ++i) {
      blocks_.emplace_back(weights, "transformer_blocks." + std::to_string(i) + ".", config_);
    }
    table_ = weights.values("scale_shift_table", {2, width});
    output_ = weights.linear({{"proj_out", side * side * config_.out_channels}}, width);
    info_ = {.architecture = source.architecture(),
             .in_channels = config_.in_channels,
             .out_channels = config_.out_channels,
             .side_multiple = side,
             .sample_size = config_.sample_size,
             .text_width = config_.text_width,
             .size_conditioned = config_.size_conditioned,
             .skips_blocks = true,
             .parameters = weights.parameters()};
    for (int64_t i = 0; i < config_.layers; ++i) {
      info_.self_attentions.push_back("transformer_blocks." + std::to_string(i) + ".attn1");
    }
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input);
    const Tensor& sample = input.sample;
    const int64_t rows = sample.dim(0), side = config_.patch, tokens = input.text.dim(1);
    const Tensor places = position_table(ctx, sample.dim(2) / side, sample.dim(3) / side,
                                         {.width = config_.width(),
                                          .base = config_.sample_size / side,
                                          .interpolation = config_.interpolation});  // [patches, width]
    Tensor x = linear(ctx, patchify(ctx, sample, {.side = side}), patches_);         // [rows * patches, width]
    x = add_rows(ctx, x, places);
    const Tensor c = condition(ctx, input);                                        // [rows, width]
    const Tensor parts = linear(ctx, activate(ctx, c, Activation::silu), parts_);  // [rows, 6 width]
    Tensor text = input.text.reshape({rows * tokens, config_.text_width});
    if (config_.projects_text) {  // [rows * tokens, width]
      text = TextKeys::projected(ctx, input.text_keys, &text_, [&] { return text_.forward(ctx, text); });
    }
    x = through_blocks(
        ctx, input.cache, std::move(x),
        PixArtBlocks{blocks_, {text, input.text_lengths, input.text_keys}, parts, rows, input.perturbed});
    x = linear(ctx, table_norm(ctx, x, c, table_, 1e-6f), output_);  // [rows * patches, values]
    return unpatchify(ctx, x, sample.shape().with(1, config_.out_channels),
                      {.side = side, .order = PatchOrder::channels_last});
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs given(inputs, info_.architecture);
    DenoiserInput input;
    input.sample = given.tensor("hidden_states", {any_extent, any_extent, any_extent, any_extent});
    const int64_t rows = input.sample.dim(0);
    input.text = given.tensor("encoder_hidden_states", {any_extent, any_extent, any_extent});
    input.timesteps = given.numbers("timestep", rows);
    input.text_lengths = given.optional_lengths("encoder_attention_mask", rows, input.text.dim(1));
    if (config_.size_conditioned) {
      input.time_ids = concat(ctx, given.tensor("added_cond_kwargs.resolution", {rows, 2}),
                              given.tensor("added_cond_kwargs.aspect_ratio", {rows, 1}), 1);
    }
    given.refuse_the_rest(arguments);
    return {{"sample", forward(ctx, input)}};
  }

 private:
  // [rows, width]: of the time, and of the size where it is asked for
  Tensor condition(Context& ctx, const DenoiserInput& input) const {
    Tensor time = time_.forward(ctx, timestep_embedding(ctx, input.timesteps, pixart_numbers));
    if (!config_.size_conditioned) return time;
    const int64_t rows = input.sample.dim(0), third = config_.width() / 3;
    if (!input.time_ids || input.time_ids.shape() != Shape{rows, 3}) {
      throw Error(ErrorCategory::invalid_argument, "cannot denoise with " + info_.architecture, "the size",
                  "it is missing or of another shape", "give height, width and height / width of every image");
    }
    std::vector<float> sides(static_cast<size_t>(2 * rows)), ratios(static_cast<size_t>(rows));
    for (int64_t row = 0; row < rows && !ctx.is_meta(); ++row) {
      const float* ids = input.time_ids.data<float>() + 3 * row;
      std::copy_n(ids, 2, sides.data() + 2 * row);
      ratios[static_cast<size_t>(row)] = ids[2];
    }
    const Tensor side = resolution_.forward(ctx, timestep_embedding(ctx, sides, pixart_numbers));  // [2 rows, third]
    const Tensor ratio = aspect_ratio_.forward(ctx, timestep_embedding(ctx, ratios, pixart_numbers));  // [rows, third]
    return add(ctx, time, concat(ctx, side.reshape({rows, 2 * third}), ratio, 1));
  }

  PixArtConfig config_;
  DenoiserInfo info_;
  Linear patches_;                             // [width, channels * patch * patch]
  Embedder time_, resolution_, aspect_ratio_;  // to width, width / 3, width / 3
  Linear parts_;                               // [6 width, width]
  Embedder text_;
  std::vector<PixArtBlock> blocks_;
  Tensor table_;   // [2, width]
  Linear output_;  // [patch * patch * out_channels, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_pixart(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  require_folder(source);
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<PixArt>(weights, source);
}

}  // namespace diptych::models
