#include "models/dit/dit.h"

#include <algorithm>

#include "engine/core/recompute.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/patch.h"
#include "models/common/attention_layers.h"
#include "models/common/cached_blocks.h"
#include "models/common/denoiser_input.h"
#include "models/common/embedder.h"
#include "models/common/feed_forward.h"
#include "models/common/modulation.h"
#include "models/common/position_table.h"
#include "models/common/reference_inputs.h"
#include "models/common/timestep_embedding.h"
#include "models/common/transformer_config.h"
#include "models/dit/dit_config.h"

namespace diptych::models {
namespace {

constexpr TimestepEmbedding dit_times{.channels = 256, .frequency_shift = 1};
constexpr float dit_norm_eps = 1e-6f;

struct DitBlock {
  DitBlock(WeightLoader& weights, const std::string& name, const DitConfig& c)
      : config(c),
        time(weights, name + "norm1.emb.timestep_embedder", dit_times.channels, c.width()),
        classes(weights.matrix(name + "norm1.emb.class_embedder.embedding_table.weight", c.classes + 1, c.width())),
        norm(weights.linear({{name + "norm1.linear", 6 * c.width()}}, c.width())),
        attention(weights, name + "attn1", {.heads = c.heads, .head_dim = c.head_dim}),
        mlp(weights, name + "ff", c.width(), 4 * c.width()) {}

  // times [rows, 256] -> [rows, width], behind its SiLU. Every block has embedders of its own.
  Tensor condition(Context& ctx, const Tensor& times, const DenoiserInput& input) const {
    const Tensor sum = add(ctx, time.forward(ctx, times), embedding(ctx, classes, input.classes));
    return activate(ctx, sum, Activation::silu);
  }

  // What the attention reads of x: behind its norm, modulated.
  Tensor modulated(Context& ctx, const Tensor& x, const Tensor& times, const DenoiserInput& input) const {
    const Modulation m = modulation(ctx, condition(ctx, times, input), norm, config.width());
    return layer_norm_modulate(ctx, x, m[1], m[0], dit_norm_eps);
  }

  // x [rows * patches, width]
  Tensor forward(Context& ctx, const Tensor& x, const Tensor& times, const DenoiserInput& input) const {
    const Modulation m = modulation(ctx, condition(ctx, times, input), norm, config.width());
    Tensor h = layer_norm_modulate(ctx, x, m[1], m[0], dit_norm_eps);                          // [tokens, width]
    const Tensor y = gated_add(ctx, x, m[2], attention.forward(ctx, h, input.sample.dim(0)));  // [tokens, width]
    h = layer_norm_modulate(ctx, y, m[4], m[3], config.norm_eps);
    return gated_add(ctx, y, m[5], mlp.forward(ctx, h));
  }

  DitConfig config;
  Embedder time;
  Weight classes;  // [classes + 1, width]
  Linear norm;     // [6 width, width]
  SelfAttention attention;
  FeedForward mlp;
};

struct DitBlocks {  // cached_blocks.h
  const std::vector<DitBlock>& blocks;
  const Tensor& times;
  const DenoiserInput& input;
  int64_t rows;

  const Tensor& image(const Tensor& x) const { return x; }
  Tensor modulated(Context& ctx, const Tensor& x) const { return blocks.front().modulated(ctx, x, times, input); }
  Tensor first(Context& ctx, const Tensor& x) const { return block(ctx, 0, x); }
  Tensor rest(Context& ctx, Tensor x) const {
    for (size_t i = 1; i < blocks.size(); ++i) x = block(ctx, i, x);
    return x;
  }
  Tensor block(Context& ctx, size_t i, const Tensor& x) const {
    return recomputed(ctx, x, [&one = blocks[i], at = times, &question = input](Context& c, const Tensor& state) {
      return one.forward(c, state, at, question);
    });
  }
};

class Dit final : public Denoiser {
 public:
  Dit(WeightLoader& weights, const ModelSource& source) : config_(dit_config(source)) {
    const int64_t width = config_.width(), side = config_.patch;
    patches_ = weights.patch_linear("pos_embed.proj", {width, config_.in_channels, side, side});
    for (int64_t i = 0; i < config_.layers; ++i) {
      blocks_.emplace_back(weights, "transformer_blocks." + std::to_string(i) + ".", config_);
    }
    norm_ = weights.linear({{"proj_out_1", 2 * width}}, width);
    output_ = weights.linear({{"proj_out_2", side * side * config_.out_channels}}, width);
    info_ = {.architecture = source.architecture(),
             .in_channels = config_.in_channels,
             .out_channels = config_.out_channels,
             .side_multiple = side,
             .sample_size = config_.sample_size,
             .classes = config_.classes,
             .skips_blocks = true,
             .parameters = weights.parameters()};
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input);
    const Tensor& sample = input.sample;
    const int64_t side = config_.patch;
    const Tensor places =
        position_table(ctx, sample.dim(2) / side, sample.dim(3) / side,
                       {.width = config_.width(), .base = config_.sample_size / side});  // [patches, width]
    const Tensor times = timestep_embedding(ctx, input.timesteps, dit_times);
    Tensor x = linear(ctx, patchify(ctx, sample, {.side = side}), patches_);  // [rows * patches, width]
    x = add_rows(ctx, x, places);
    x = through_blocks(ctx, input.cache, std::move(x), DitBlocks{blocks_, times, input, sample.dim(0)});
    const Tensor c = blocks_.front().condition(ctx, times, input);
    const Modulation m = modulation(ctx, c, norm_, config_.width());
    x = linear(ctx, layer_norm_modulate(ctx, x, m[1], m[0], dit_norm_eps), output_);  // [rows * patches, values]
    return unpatchify(ctx, x, sample.shape().with(1, config_.out_channels),
                      {.side = side, .order = PatchOrder::channels_last});
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs given(inputs, info_.architecture);
    DenoiserInput input;
    input.sample = given.tensor("hidden_states", {any_extent, any_extent, any_extent, any_extent});
    input.timesteps = given.numbers("timestep", input.sample.dim(0));
    for (const int64_t label : given.integers("class_labels")) {
      input.classes.push_back(static_cast<int32_t>(std::clamp<int64_t>(label, -1, largest_extent - 1)));
    }
    given.refuse_the_rest(arguments);
    return {{"sample", forward(ctx, input)}};
  }

 private:
  DitConfig config_;
  DenoiserInfo info_;
  Linear patches_;  // [width, channels * patch * patch]
  std::vector<DitBlock> blocks_;
  Linear norm_;    // [2 width, width]: shift, scale
  Linear output_;  // [patch * patch * out_channels, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_dit(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  require_folder(source);
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<Dit>(weights, source);
}

}  // namespace diptych::models
