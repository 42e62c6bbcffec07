#include "models/flux/flux.h"

#include "engine/core/error.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/join.h"
#include "engine/ops/patch.h"
#include "models/common/cached_blocks.h"
#include "models/common/denoiser_input.h"
#include "models/common/joint_block.h"
#include "models/common/reference_inputs.h"
#include "models/common/time_text_embedding.h"
#include "models/flux/flux_config.h"
#include "models/flux/flux_original.h"
#include "models/flux/flux_single_block.h"

namespace diptych::models {
namespace {

constexpr PatchForm flux_patches{.side = 2};  // a token is 2 x 2 latents

// A step in the network's own terms: tokens and their positions.
struct FluxTokens {
  Tensor image, text;            // [rows * pixels, in_channels], [rows * tokens, text_width]
  std::vector<float> positions;  // [tokens + pixels, axes] of one row, the text's first
};

// Both kinds of blocks as one row of them (cached_blocks.h).
struct FluxBlocks {
  const std::vector<JointBlock>& joint;
  const std::vector<FluxSingleBlock>& single;
  const Tensor& condition;
  const RopeAngles& all;
  const JointAngles& angles;
  int64_t rows;

  const Tensor& image(const JointState& x) const { return x.image; }
  Tensor modulated(Context& ctx, const JointState& x) const {
    return joint.front().modulated_image(ctx, x.image, condition);
  }
  JointState first(Context& ctx, JointState x) const {
    return joint.empty() ? x : joint.front().forward(ctx, std::move(x), condition, {}, &angles);
  }
  Tensor rest(Context& ctx, JointState x) const {
    for (size_t i = 1; i < joint.size(); ++i) x = joint[i].forward(ctx, std::move(x), condition, {}, &angles);
    const int64_t width = x.image.dim(1), tokens = x.text.dim(0) / rows, pixels = x.image.dim(0) / rows;
    const int64_t both = tokens + pixels;
    Tensor h = concat(ctx, x.text.reshape({rows, tokens, width}), x.image.reshape({rows, pixels, width}), 1)
                   .reshape({rows * both, width});
    x = {};
    for (const FluxSingleBlock& block : single) h = block.forward(ctx, h, condition, all);  // [rows * both, width]
    return contiguous(ctx, h.reshape({rows, both, width}).slice(1, tokens, both)).reshape({rows * pixels, width});
  }
};

std::vector<float> times_1000(std::vector<float> values) {
  for (float& value : values) value *= 1000;
  return values;
}

class Flux final : public Denoiser {
 public:
  Flux(WeightLoader& weights, const FluxConfig& config) : config_(config) {
    const int64_t width = config_.width();
    condition_ = TimeTextEmbedding(weights, "time_text_embed", config_.pooled_width, width, config_.guided);
    text_ = weights.linear({{"context_embedder", width}}, config_.text_width);
    image_ = weights.linear({{"x_embedder", width}}, config_.in_channels);
    const JointForm form{.heads = config_.heads, .head_dim = config_.head_dim, .qk_norm = true};
    for (int64_t i = 0; i < config_.layers; ++i) {
      blocks_.emplace_back(weights, "transformer_blocks." + std::to_string(i) + ".", JointNames{}, form);
    }
    for (int64_t i = 0; i < config_.single_layers; ++i) {
      single_blocks_.emplace_back(weights, "single_transformer_blocks." + std::to_string(i) + ".", config_.heads,
                                  config_.head_dim);
    }
    norm_ = continuous_norm_layer(weights, "norm_out.linear", width);
    output_ = weights.linear({{"proj_out", config_.out_channels}}, width);
    name_originals(weights, flux_original_names(config_));
    name_originals(weights, flux_xlabs_names(config_));
    info_ = {.architecture = "FluxTransformer2DModel",
             .in_channels = config_.in_channels / 4,
             .out_channels = config_.out_channels / 4,
             .side_multiple = 2,
             .text_width = config_.text_width,
             .pooled_width = config_.pooled_width,
             .distilled_guidance = config_.guided,
             .skips_blocks = config_.layers > 0,
             .timestep_divisor = 1000,
             .parameters = weights.parameters()};
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input);
    if (config_.in_channels % 4 != 0 || config_.out_channels % 4 != 0 || config_.rope_dims.size() != 3) {
      throw Error(ErrorCategory::unsupported, "cannot denoise with " + info_.architecture, "latents",
                  "its tokens are not 2 x 2 latents with three positions", "choose a model of FLUX.1's form");
    }
    const Tensor& sample = input.sample;
    const int64_t rows = sample.dim(0), tokens = input.text.dim(1);
    FluxTokens x{patchify(ctx, sample, flux_patches), input.text.reshape({rows * tokens, config_.text_width}), {}};
    x.positions.assign(static_cast<size_t>(3 * tokens), 0.0f);
    for (int64_t line = 0; line < sample.dim(2) / 2; ++line) {
      for (int64_t column = 0; column < sample.dim(3) / 2; ++column) {
        x.positions.insert(x.positions.end(), {0.0f, static_cast<float>(line), static_cast<float>(column)});
      }
    }
    return unpatchify(ctx, denoise(ctx, std::move(x), input), sample.shape().with(1, info_.out_channels), flux_patches);
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs given(inputs, info_.architecture);
    const auto axes = static_cast<int64_t>(config_.rope_dims.size());
    const Tensor image = given.tensor("hidden_states", {any_extent, any_extent, config_.in_channels});
    const int64_t rows = image.dim(0), pixels = image.dim(1);
    const Tensor text = given.tensor("encoder_hidden_states", {rows, any_extent, config_.text_width});
    const int64_t tokens = text.dim(1);
    DenoiserInput input;
    input.pooled = given.tensor("pooled_projections", {rows, config_.pooled_width});
    input.timesteps = given.numbers("timestep", rows);
    if (config_.guided) input.guidance = given.numbers("guidance", rows);
    FluxTokens x{
        image.reshape({rows * pixels, config_.in_channels}), text.reshape({rows * tokens, config_.text_width}), {}};
    for (const auto& [name, count] : {std::pair{"txt_ids", tokens}, {"img_ids", pixels}}) {
      const auto ids = given.tensor(name, {count, axes}).span<float>();
      x.positions.insert(x.positions.end(), ids.begin(), ids.end());
    }
    given.refuse_the_rest(arguments);
    return {{"sample", denoise(ctx, std::move(x), input).reshape({rows, pixels, config_.out_channels})}};
  }

 private:
  // -> [rows * pixels, out_channels]; of `input` the numbers and the pooled text
  Tensor denoise(Context& ctx, FluxTokens x, const DenoiserInput& input) const {
    const auto rows = static_cast<int64_t>(input.timesteps.size());
    const int64_t tokens = x.text.dim(0) / rows, pixels = x.image.dim(0) / rows, both = tokens + pixels;
    const RopeAngles all = axial_rope_angles(ctx, x.positions, {.dims = config_.rope_dims});
    const auto part = [&](int64_t begin, int64_t end) {
      return RopeAngles{all.cos.slice(0, begin, end), all.sin.slice(0, begin, end), all.style};
    };
    const JointAngles angles{.image = part(tokens, both), .text = part(0, tokens)};
    Tensor c = condition_.forward(ctx, times_1000(input.timesteps), times_1000(input.guidance), input.pooled);
    c = activate(ctx, c, Activation::silu);  // [rows, width]
    JointState state{linear(ctx, x.image, image_),
                     linear(ctx, x.text, text_)};  // [rows * pixels, width], [rows * tokens, width]
    x = {};
    const FluxBlocks blocks{blocks_, single_blocks_, c, all, angles, rows};
    const Tensor h = through_blocks(ctx, input.cache, std::move(state), blocks);  // [rows * pixels, width]
    return linear(ctx, continuous_norm(ctx, h, c, norm_, 1e-6f), output_);
  }

  FluxConfig config_;
  DenoiserInfo info_;
  TimeTextEmbedding condition_;
  Linear text_;   // [width, text_width]
  Linear image_;  // [width, in_channels]
  std::vector<JointBlock> blocks_;
  std::vector<FluxSingleBlock> single_blocks_;
  Linear norm_;    // [2 width, width]
  Linear output_;  // [out_channels, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_flux(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  if (source.hf && !holds_flux_original(*source.weights)) {
    WeightLoader weights(ctx, source.weights, options);
    return std::make_unique<Flux>(weights, flux_config(source));
  }
  const FluxOriginal original = flux_original(source.weights);
  WeightLoader weights(ctx, original.weights, options);
  return std::make_unique<Flux>(weights, original.config);
}

}  // namespace diptych::models
