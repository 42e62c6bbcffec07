#include "models/wan/wan.h"

#include "engine/core/error.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/norm.h"
#include "engine/ops/patch.h"
#include "models/common/attention_layers.h"
#include "models/common/denoiser_input.h"
#include "models/common/embedder.h"
#include "models/common/feed_forward.h"
#include "models/common/reference_inputs.h"
#include "models/common/table_modulation.h"
#include "models/common/timestep_embedding.h"
#include "models/common/transformer_config.h"
#include "models/wan/wan_config.h"

namespace diptych::models {
namespace {

HeadForm wan_heads(const WanConfig& c) {
  return {.heads = c.heads, .head_dim = c.head_dim, .norm_width = c.width(), .norm_eps = c.norm_eps};
}

struct WanBlock {
  WanBlock(WeightLoader& weights, const std::string& name, const WanConfig& c)
      : norm_eps(c.norm_eps),
        table(weights.values(name + "scale_shift_table", {1, 6, c.width()}).reshape({6, c.width()})),
        attention(weights, name + "attn1", wan_heads(c)),
        text_attention(weights, name + "attn2", c.width(), c.width(), wan_heads(c)),
        mlp(weights, name + "ffn", c.width(), c.inner) {
    if (!c.text_norm) return;
    norm_weight = weights.vector(name + "norm2.weight", c.width());
    norm_bias = weights.vector(name + "norm2.bias", c.width());
  }

  // x [rows * patches, width], text's tokens [rows * tokens, width], parts [rows, 6 width]
  Tensor forward(Context& ctx, Tensor x, const ReadText& text, const Tensor& parts, const RopeAngles& angles) const {
    const int64_t rows = parts.dim(0);
    const Modulation m = table_modulation(ctx, parts, table);
    Tensor h = layer_norm_modulate(ctx, x, m[1], m[0], norm_eps);  // [rows * patches, width]
    x = gated_add(ctx, x, m[2], attention.forward(ctx, h, rows, &angles));
    h = norm_weight ? layer_norm(ctx, x, norm_weight, norm_bias, norm_eps) : x;
    x = add(ctx, x, text_attention.forward(ctx, h, text, rows));
    h = layer_norm_modulate(ctx, x, m[4], m[3], norm_eps);
    return gated_add(ctx, x, m[5], mlp.forward(ctx, h));
  }

  float norm_eps;
  Tensor table;  // [6, width]
  SelfAttention attention;
  Tensor norm_weight, norm_bias;  // [width], or empty
  CrossAttention text_attention;
  FeedForward mlp;
};

class Wan final : public Denoiser {
 public:
  Wan(WeightLoader& weights, const ModelSource& source) : config_(wan_config(source)) {
    const int64_t width = config_.width(), side = config_.patch;
    patches_ = weights.patch_linear("patch_embedding", {width, config_.in_channels, config_.patch_frames, side, side});
    const std::string condition = "condition_embedder.";
    time_ = Embedder(weights, condition + "time_embedder", config_.frequencies, width);
    parts_ = weights.linear({{condition + "time_proj", 6 * width}}, width);
    text_ = Embedder(weights, condition + "text_embedder", config_.text_width, width, Activation::gelu_tanh);
    for (int64_t i = 0; i < config_.layers; ++i) {
      blocks_.emplace_back(weights, "blocks." + std::to_string(i) + ".", config_);
    }
    table_ = weights.values("scale_shift_table", {1, 2, width}).reshape({2, width});
    output_ = weights.linear({{"proj_out", config_.patch_values() * config_.out_channels}}, width);
    info_ = {.architecture = source.architecture(),
             .in_channels = config_.in_channels,
             .out_channels = config_.out_channels,
             .side_multiple = side,
             .text_width = config_.text_width,
             .parameters = weights.parameters()};
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input, 5);
    const Tensor& sample = input.sample;
    if (sample.dim(2) % config_.patch_frames != 0) {
      throw Error(ErrorCategory::invalid_argument, "cannot denoise with " + info_.architecture,
                  std::to_string(sample.dim(2)) + " frames", "they are no whole patches",
                  "give a multiple of " + std::to_string(config_.patch_frames));
    }
    PatchForm form{.side = config_.patch, .frames = config_.patch_frames};
    const int64_t rows = sample.dim(0), tokens = input.text.dim(1);
    const RopeAngles angles = angles_of(ctx, sample.shape());
    const Tensor times = timestep_embedding(ctx, input.timesteps, {.channels = config_.frequencies});
    const Tensor c = time_.forward(ctx, times);                                    // [rows, width]
    const Tensor parts = linear(ctx, activate(ctx, c, Activation::silu), parts_);  // [rows, 6 width]
    const Tensor text = TextKeys::projected(ctx, input.text_keys, &text_, [&] {
      return text_.forward(ctx, input.text.reshape({rows * tokens, config_.text_width}));
    });
    Tensor x = linear(ctx, patchify(ctx, sample, form), patches_);  // [rows * patches, width]
    const ReadText read{text, input.text_lengths, input.text_keys};
    for (const WanBlock& block : blocks_) x = block.forward(ctx, std::move(x), read, parts, angles);
    x = linear(ctx, table_norm(ctx, x, c, table_, config_.norm_eps), output_);  // [rows * patches, values]
    form.order = PatchOrder::channels_last;
    return unpatchify(ctx, x, sample.shape().with(1, config_.out_channels), form);
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs given(inputs, info_.architecture);
    DenoiserInput input;
    input.sample = given.tensor("hidden_states", {any_extent, any_extent, any_extent, any_extent, any_extent});
    input.text = given.tensor("encoder_hidden_states", {any_extent, any_extent, any_extent});
    input.timesteps = given.numbers("timestep", input.sample.dim(0));
    given.refuse_the_rest(arguments);
    return {{"sample", forward(ctx, input)}};
  }

 private:
  // A third of a head's pairs, rounded down, turns with the line, as many with the column, the rest with the frame.
  RopeAngles angles_of(Context& ctx, const Shape& video) const {
    const int64_t third = 2 * (config_.head_dim / 6);
    const int64_t frames = video[2] / config_.patch_frames, lines = video[3] / config_.patch,
                  columns = video[4] / config_.patch;
    std::vector<float> positions;
    for (int64_t i = 0; i < frames * lines * columns; ++i) {
      const int64_t frame = i / (lines * columns), line = i / columns % lines;
      positions.push_back(static_cast<float>(frame));
      positions.push_back(static_cast<float>(line));
      positions.push_back(static_cast<float>(i % columns));
    }
    return axial_rope_angles(ctx, positions, {.dims = {config_.head_dim - 2 * third, third, third}});
  }

  WanConfig config_;
  DenoiserInfo info_;
  Linear patches_;  // [width, channels * patch values]
  Embedder time_, text_;
  Linear parts_;  // [6 width, width]
  std::vector<WanBlock> blocks_;
  Tensor table_;   // [2, width]
  Linear output_;  // [patch values * out_channels, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_wan(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  require_folder(source);
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<Wan>(weights, source);
}

}  // namespace diptych::models
