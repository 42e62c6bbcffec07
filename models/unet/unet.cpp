#include "models/unet/unet.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/step_cache.h"
#include "engine/ops/image_layout.h"
#include "models/common/denoiser_input.h"
#include "models/common/reference_inputs.h"
#include "models/unet/unet_blocks.h"
#include "models/unet/unet_control.h"
#include "models/unet/unet_embedding.h"
#include "models/unet/unet_layer_names.h"

namespace diptych::models {
namespace {

ConvShape edge_conv(int64_t in_channels, int64_t out_channels, int64_t kernel) {
  return {.in_channels = in_channels,
          .out_channels = out_channels,
          .kernel_height = kernel,
          .kernel_width = kernel,
          .padding = padding_on_all_sides((kernel - 1) / 2)};
}

class Unet final : public Denoiser {
 public:
  Unet(WeightLoader& weights, const ModelSource& source)
      : config_(unet_config(source)),
        embedding_(weights, config_),
        conv_in_(weights.conv2d("conv_in",
                                edge_conv(config_.in_channels, config_.levels.front().channels, config_.kernel_in))),
        norm_out_(weights, "conv_norm_out", config_.levels.front().channels, config_.norm_groups, config_.norm_eps),
        conv_out_(weights.conv2d(
            "conv_out", edge_conv(config_.levels.front().channels, config_.out_channels, config_.kernel_out))) {
    for (size_t level = 0; level < config_.levels.size(); ++level) down_.emplace_back(weights, config_, level);
    if (config_.mid_block) mid_.emplace(weights, config_);
    for (size_t level = config_.levels.size(); level-- > 0;) up_.emplace_back(weights, config_, level);
    name_unet_originals(weights, config_);
    info_.architecture = source.architecture();
    info_.in_channels = config_.in_channels;
    info_.out_channels = config_.out_channels;
    info_.sample_size = config_.sample_size;
    info_.text_width = config_.text_width();
    info_.size_conditioned = config_.added_width > 0;
    info_.pooled_width = config_.pooled_width();
    info_.skips_levels = config_.levels.size() > 1;
    info_.parameters = weights.parameters();
    info_.control_points = control_points_of(config_);
    number_blocks();
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    DenoiserInfo expected = info_;
    expected.pooled_width = 0;  // checked with the sizes, which leave it room
    check_denoiser_input(expected, input);
    expected.pooled_width = pooled_width_of(config_, input);
    check_denoiser_input(expected, input);
    check_residual_counts(input.control, info_.control_points.skips.size(), down_.size());
    check_attentions(info_, input);
    const UnetConditioning condition{embedding_.forward(ctx, input), text_of(input)};
    Tensor x = channels_last(ctx, input.sample);  // [rows, height, width, in_channels]
    x = conv2d(ctx, x, conv_in_);                 // [rows, height, width, channels]
    std::vector<Tensor> skips{x};
    x = below_the_last(ctx, std::move(x), condition, skips, input);
    x = up_.back().forward(ctx, std::move(x), condition, skips);
    x = conv2d(ctx, norm_out_.silu(ctx, x), conv_out_);  // [rows, height, width, out_channels]
    return channels_first(ctx, x);
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs named(inputs, info_.architecture);
    DenoiserInput input = read_unet_input(ctx, named, info_.in_channels, info_.text_width, info_.size_conditioned);
    const int64_t rows = input.sample.dim(0);
    input.control.skips = residuals_of(ctx, named, "down_block_additional_residuals");
    input.control.levels = residuals_of(ctx, named, "down_intrablock_additional_residuals");
    const Tensor middle =
        named.optional_tensor("mid_block_additional_residual", {rows, any_extent, any_extent, any_extent});
    if (middle) input.control.middle = channels_last(ctx, middle);
    named.refuse_the_rest(arguments, {"return_dict"});
    return {{"sample", forward(ctx, input)}};
  }

 private:
  // All levels but the last one's way up, for which `skips` holds what it takes. With a cache it may be what a step
  // before came to.
  Tensor below_the_last(Context& ctx, Tensor x, const UnetConditioning& condition, std::vector<Tensor>& skips,
                        const DenoiserInput& question) const {
    const Shape input = x.shape();
    StepCache* cache = question.cache;
    const ControlResiduals& control = question.control;
    if (cache != nullptr && cache->reuses_levels(input)) {
      down_.front().forward_level(ctx, std::move(x), condition, skips, level_residual(control, 0));
      add_residuals(ctx, skips, control);
      return cache->kept();
    }
    for (size_t i = 0; i < down_.size(); ++i) {
      x = down_[i].forward(ctx, std::move(x), condition, skips, level_residual(control, i));
    }
    add_residuals(ctx, skips, control);
    if (mid_) {
      x = mid_->forward(ctx, x, condition);
      const Tensor last = level_residual(control, down_.size());
      if (last && fits_residual(x, last)) x = with_residual(ctx, x, last);
    }
    x = with_residual(ctx, x, control.middle);
    for (size_t i = 0; i + 1 < up_.size(); ++i) x = up_[i].forward(ctx, std::move(x), condition, skips);
    if (cache != nullptr) cache->keep_levels(x, input);
    return x;
  }

  static void add_residuals(Context& ctx, std::vector<Tensor>& skips, const ControlResiduals& control) {
    for (size_t i = 0; i < std::min(skips.size(), control.skips.size()); ++i) {
      skips[i] = with_residual(ctx, skips[i], control.skips[i]);
    }
  }

  UnetText text_of(const DenoiserInput& input) const {
    const int64_t rows = input.text.dim(0), columns = input.text.dim(1);
    return {input.text.reshape({rows * columns, info_.text_width}),
            rows,
            columns,
            input.text_lengths,
            input.image_prompts,
            &input.perturbed,
            input.text_keys};
  }

  static Tensor level_residual(const ControlResiduals& control, size_t level) {
    return level < control.levels.size() ? control.levels[level] : Tensor();
  }

  // name.0, name.1, …, each [rows, channels, height, width], as blocks add them.
  static std::vector<Tensor> residuals_of(Context& ctx, ReferenceInputs& named, const std::string& name) {
    std::vector<Tensor> residuals;
    while (named.contains(name + "." + std::to_string(residuals.size()))) {
      residuals.push_back(channels_last(ctx, named.tensor(name + "." + std::to_string(residuals.size()),
                                                          {any_extent, any_extent, any_extent, any_extent})));
    }
    return residuals;
  }

  // In diffusers' order, the middle last: what changes attentions from outside counts them so.
  void number_blocks() {
    const auto number = [&](UnetTransformer& transformer) {
      for (UnetTransformerBlock& block : transformer.blocks) {
        block.place = info_.cross_attentions.size();
        info_.cross_attentions.push_back(block.self_output.rows());
        info_.self_attentions.push_back(block.name + ".attn1");
      }
    };
    for (UnetDown& level : down_) std::ranges::for_each(level.transformers, number);
    for (UnetUp& level : up_) std::ranges::for_each(level.transformers, number);
    if (mid_) number(mid_->transformer);
  }

  UnetConfig config_;
  DenoiserInfo info_;
  UnetEmbedding embedding_;
  Conv2d conv_in_;
  std::vector<UnetDown> down_;
  std::optional<UnetMid> mid_;
  std::vector<UnetUp> up_;
  GroupNorm norm_out_;
  Conv2d conv_out_;
};

}  // namespace

std::unique_ptr<Denoiser> load_unet(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<Unet>(weights, source);
}

}  // namespace diptych::models
