#include "models/sana/sana.h"

#include "engine/model/weight_loader.h"
#include "engine/ops/norm.h"
#include "engine/ops/patch.h"
#include "models/common/denoiser_input.h"
#include "models/common/embedder.h"
#include "models/common/position_table.h"
#include "models/common/reference_inputs.h"
#include "models/common/table_modulation.h"
#include "models/common/timestep_embedding.h"
#include "models/common/transformer_config.h"
#include "models/sana/sana_block.h"

namespace diptych::models {
namespace {

constexpr TimestepEmbedding sana_numbers{.channels = 256};

class Sana final : public Denoiser {
 public:
  Sana(WeightLoader& weights, const ModelSource& source) : config_(sana_config(source)) {
    const int64_t width = config_.width(), side = config_.patch;
    patches_ = weights.patch_linear("patch_embed.proj", {width, config_.in_channels, side, side});
    const std::string time = config_.guided ? "time_embed." : "time_embed.emb.";
    time_ = Embedder(weights, time + "timestep_embedder", sana_numbers.channels, width);
    if (config_.guided) guidance_ = Embedder(weights, time + "guidance_embedder", sana_numbers.channels, width);
    parts_ = weights.linear({{"time_embed.linear", 6 * width}}, width);
    text_ = Embedder(weights, "caption_projection", config_.text_width, width, Activation::gelu_tanh);
    text_norm_ = weights.vector("caption_norm.weight", width);
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
             .distilled_guidance = config_.guided,
             .timestep_divisor = 1 / config_.timestep_scale,
             .parameters = weights.parameters()};
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input);
    const Tensor& sample = input.sample;
    const int64_t side = config_.patch, tokens = input.text.dim(1);
    const SanaGrid grid{sample.dim(0), sample.dim(2) / side, sample.dim(3) / side};
    Tensor x = linear(ctx, patchify(ctx, sample, {.side = side}), patches_);  // [rows * patches, width]
    if (config_.interpolation > 0) {
      x = add_rows(
          ctx, x,
          position_table(
              ctx, grid.lines, grid.columns,
              {.width = config_.width(), .base = config_.sample_size / side, .interpolation = config_.interpolation}));
    }
    Tensor c = time_.forward(ctx, timestep_embedding(ctx, input.timesteps, sana_numbers));  // [rows, width]
    if (config_.guided) {
      c = add(ctx, c, guidance_.forward(ctx, timestep_embedding(ctx, input.guidance, sana_numbers)));
    }
    const Tensor parts = linear(ctx, activate(ctx, c, Activation::silu), parts_);  // [rows, 6 width]
    const Tensor text = TextKeys::projected(ctx, input.text_keys, &text_, [&] {
      const Tensor read = text_.forward(ctx, input.text.reshape({grid.rows * tokens, config_.text_width}));
      return rms_norm(ctx, read, text_norm_, 1e-5f);  // [rows * tokens, width]
    });
    const ReadText read{text, input.text_lengths, input.text_keys};
    for (const SanaBlock& block : blocks_) x = block.forward(ctx, std::move(x), grid, read, parts);
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
    input.text_lengths = given.optional_lengths("encoder_attention_mask", rows, input.text.dim(1));
    input.timesteps = given.numbers("timestep", rows);
    if (config_.guided) input.guidance = given.numbers("guidance", rows);
    given.refuse_the_rest(arguments);
    return {{"sample", forward(ctx, input)}};
  }

 private:
  SanaConfig config_;
  DenoiserInfo info_;
  Linear patches_;  // [width, channels * patch * patch]
  Embedder time_, guidance_, text_;
  Linear parts_;      // [6 width, width]
  Tensor text_norm_;  // [width]
  std::vector<SanaBlock> blocks_;
  Tensor table_;   // [2, width]
  Linear output_;  // [patch * patch * out_channels, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_sana(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  require_folder(source);
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<Sana>(weights, source);
}

}  // namespace diptych::models
