#include "models/sd3/sd3.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/patch.h"
#include "models/common/cached_blocks.h"
#include "models/common/denoiser_input.h"
#include "models/common/joint_block.h"
#include "models/common/reference_inputs.h"
#include "models/common/time_text_embedding.h"
#include "models/sd3/sd3_config.h"
#include "models/sd3/sd3_original.h"
#include "models/sd3/sd3_positions.h"

namespace diptych::models {
namespace {

struct Sd3Blocks {  // cached_blocks.h
  const std::vector<JointBlock>& blocks;
  const Tensor& condition;
  const std::vector<int64_t>& lengths;
  int64_t rows;
  const PerturbedRows& perturbed;

  const Tensor& image(const JointState& x) const { return x.image; }
  Tensor modulated(Context& ctx, const JointState& x) const {
    return blocks.front().modulated_image(ctx, x.image, condition);
  }
  JointState first(Context& ctx, JointState x) const { return block(ctx, 0, std::move(x)); }
  Tensor rest(Context& ctx, JointState x) const {
    for (size_t i = 1; i < blocks.size(); ++i) x = block(ctx, i, std::move(x));
    return x.image;
  }
  JointState block(Context& ctx, size_t i, JointState x) const {
    const bool perturbs = !perturbed.layers.empty() && perturbed.layers[i];
    return blocks[i].forward(ctx, std::move(x), condition, lengths, nullptr, perturbs ? perturbed.first : -1);
  }
};

class Sd3 final : public Denoiser {
 public:
  Sd3(WeightLoader& weights, const Sd3Config& config) : config_(config) {
    const int64_t width = config_.width(), side = config_.patch;
    patches_ = weights.patch_linear("pos_embed.proj", {width, config_.in_channels, side, side});
    positions_ = Sd3Positions(weights, config_);
    condition_ = TimeTextEmbedding(weights, "time_text_embed", config_.pooled_width, width, false);
    text_ = weights.linear({{"context_embedder", width}}, config_.text_width);
    for (int64_t i = 0; i < config_.layers; ++i) {
      const JointForm form{.heads = config_.heads,
                           .head_dim = config_.head_dim,
                           .qk_norm = config_.qk_norm,
                           .dual_attention = std::ranges::find(config_.dual_layers, i) != config_.dual_layers.end(),
                           .ends_text = i == config_.layers - 1};
      blocks_.emplace_back(weights, "transformer_blocks." + std::to_string(i) + ".", JointNames{}, form);
    }
    norm_ = continuous_norm_layer(weights, "norm_out.linear", width);
    output_ = weights.linear({{"proj_out", side * side * config_.out_channels}}, width);
    name_originals(weights, sd3_original_names(config_));
    info_ = {.architecture = "SD3Transformer2DModel",
             .in_channels = config_.in_channels,
             .out_channels = config_.out_channels,
             .side_multiple = side,
             .sample_size = config_.sample_size,
             .text_width = config_.text_width,
             .pooled_width = config_.pooled_width,
             .skips_blocks = true,
             .parameters = weights.parameters()};
    for (int64_t i = 0; i < config_.layers; ++i) {
      info_.self_attentions.push_back("transformer_blocks." + std::to_string(i) + ".attn");
    }
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input);
    const Tensor& sample = input.sample;
    const PatchForm form{.side = config_.patch};
    const int64_t lines = sample.dim(2) / form.side, columns = sample.dim(3) / form.side;
    check_grid_of(lines, columns);
    const Tensor places = positions_.crop(ctx, lines, columns);             // [lines * columns, width]
    Tensor c = condition_.forward(ctx, input.timesteps, {}, input.pooled);  // [rows, width]
    c = activate(ctx, c, Activation::silu);
    JointState x;
    x.image = add_rows(ctx, linear(ctx, patchify(ctx, sample, form), patches_), places);  // [rows * patches, width]
    x.text = linear(ctx, input.text.reshape({sample.dim(0) * input.text.dim(1), config_.text_width}), text_);
    const Sd3Blocks blocks{blocks_, c, input.text_lengths, sample.dim(0), input.perturbed};
    const Tensor h = through_blocks(ctx, input.cache, std::move(x), blocks);          // [rows * patches, width]
    const Tensor y = linear(ctx, continuous_norm(ctx, h, c, norm_, 1e-6f), output_);  // [rows * patches, values]
    return unpatchify(ctx, y, sample.shape().with(1, config_.out_channels),
                      {.side = form.side, .order = PatchOrder::channels_last});
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs given(inputs, info_.architecture);
    DenoiserInput input;
    input.sample = given.tensor("hidden_states", {any_extent, any_extent, any_extent, any_extent});
    input.text = given.tensor("encoder_hidden_states", {any_extent, any_extent, any_extent});
    input.pooled = given.tensor("pooled_projections", {any_extent, any_extent});
    input.timesteps = given.numbers("timestep", input.sample.dim(0));
    given.refuse_the_rest(arguments);
    return {{"sample", forward(ctx, input)}};
  }

 private:
  void check_grid_of(int64_t lines, int64_t columns) const {
    if (lines <= config_.positions && columns <= config_.positions) return;
    throw Error(ErrorCategory::invalid_argument, "cannot denoise with " + info_.architecture,
                std::to_string(lines) + " x " + std::to_string(columns) + " patches",
                "the model has positions for " + std::to_string(config_.positions) + " each way",
                "choose a smaller image");
  }

  Sd3Config config_;
  DenoiserInfo info_;
  Linear patches_;  // [width, channels * patch * patch]
  Sd3Positions positions_;
  TimeTextEmbedding condition_;
  Linear text_;  // [width, text_width]
  std::vector<JointBlock> blocks_;
  Linear norm_;    // [2 width, width]
  Linear output_;  // [patch * patch * out_channels, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_sd3(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  if (source.hf && !holds_sd3_original(*source.weights)) {
    WeightLoader weights(ctx, source.weights, options);
    return std::make_unique<Sd3>(weights, sd3_config(source));
  }
  const Sd3Original original = sd3_original(source.weights);
  WeightLoader weights(ctx, original.weights, options);
  return std::make_unique<Sd3>(weights, original.config);
}

}  // namespace diptych::models
