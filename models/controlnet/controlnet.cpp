#include "models/controlnet/controlnet.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/ops/group_norm.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/join.h"
#include "engine/ops/pixel_shuffle.h"
#include "models/common/control_picture.h"
#include "models/common/denoiser_input.h"
#include "models/common/reference_inputs.h"
#include "models/controlnet/picture_embedding.h"
#include "models/unet/unet_blocks.h"
#include "models/unet/unet_control.h"
#include "models/unet/unet_embedding.h"

namespace diptych::models {
namespace {

// Of x [rows, height, width, channels], the mean of its pixels: [rows, 1, 1, channels].
Tensor mean_of_pixels(Context& ctx, const Tensor& x) {
  const int64_t rows = x.dim(0), pixels = x.dim(1) * x.dim(2), channels = x.dim(3);
  const Tensor planes = channels_first(ctx, x).reshape({rows, channels, 1, pixels});
  return pixel_unshuffle(ctx, planes, 1, pixels).reshape({rows, 1, 1, channels});
}

// The mean [rows, 1, 1, channels] at each pixel of an image like x.
Tensor spread(Context& ctx, const Tensor& mean, const Tensor& x) {
  const int64_t rows = mean.dim(0), channels = mean.dim(3);
  Tensor nothing = ctx.output({rows, 1, channels});
  if (!nothing.is_meta()) std::ranges::fill(nothing.span<float>(), 0.0f);
  const Tensor factors = concat(ctx, nothing, mean.reshape({rows, 1, channels}), 1);
  return scale_channels(ctx, x, factors, false);  // 0 * x + mean
}

class ControlNet final : public ControlModel {
 public:
  ControlNet(WeightLoader& weights, const ModelSource& source)
      : config_(unet_encoder_config(source)),
        embedding_(weights, config_),
        picture_(weights, HfConfig(source), config_.levels.front().channels),
        conv_in_(weights.conv2d(
            "conv_in", {.in_channels = config_.in_channels, .out_channels = config_.levels.front().channels})) {
    const HfConfig c(source);
    c.expect("controlnet_conditioning_channel_order", "rgb");
    info_.pooled = c.flag("global_pool_conditions", false);
    for (size_t level = 0; level < config_.levels.size(); ++level) down_.emplace_back(weights, config_, level);
    if (config_.mid_block) mid_.emplace(weights, config_);
    info_.points = control_points_of(config_);
    info_.points.levels.clear();
    for (size_t i = 0; i < info_.points.skips.size(); ++i) {
      const int64_t channels = info_.points.skips[i];
      skips_.push_back(weights.linear({{"controlnet_down_blocks." + std::to_string(i), channels}}, channels));
    }
    middle_ = weights.linear({{"controlnet_mid_block", info_.points.middle}}, info_.points.middle);
    info_.architecture = source.architecture();
    info_.name = source.name();
    info_.image_channels = picture_.picture_channels;
    info_.image_scale = info_.side_multiple = picture_.scale;
    info_.in_channels = config_.in_channels;
    info_.text_width = config_.text_width();
    info_.size_conditioned = config_.added_width > 0;
    info_.parameters = weights.parameters();
  }

  const ControlModelInfo& info() const override { return info_; }

  std::vector<Tensor> prepare(Context& ctx, const Tensor& image) const override {
    check_control_picture(info_, image);
    return {picture_.forward(ctx, image)};  // [rows, height / scale, width / scale, channels]
  }

  ControlResiduals forward(Context& ctx, const DenoiserInput& input,
                           const std::vector<Tensor>& prepared) const override {
    ControlResiduals residuals = residuals_of(ctx, input, prepared);
    if (!info_.pooled) return residuals;
    for (Tensor& skip : residuals.skips) skip = spread(ctx, mean_of_pixels(ctx, skip), skip);
    residuals.middle = spread(ctx, mean_of_pixels(ctx, residuals.middle), residuals.middle);
    return residuals;
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs named(inputs, info_.architecture);
    DenoiserInput input = read_unet_input(ctx, named, info_.in_channels, info_.text_width, info_.size_conditioned);
    const int64_t rows = input.sample.dim(0);
    const Tensor picture = named.tensor(
        "controlnet_cond",
        {rows, info_.image_channels, input.sample.dim(2) * info_.image_scale, input.sample.dim(3) * info_.image_scale});
    named.refuse_the_rest(arguments, {"conditioning_scale", "guess_mode", "return_dict"});
    const ControlResiduals residuals = scaled(ctx, residuals_of(ctx, input, prepare(ctx, picture)),
                                              number_argument(arguments, "conditioning_scale", 1),
                                              flag_argument(arguments, "guess_mode") && !info_.pooled);
    const auto told = [&](const Tensor& x) { return channels_first(ctx, info_.pooled ? mean_of_pixels(ctx, x) : x); };
    TensorMap outputs{{"mid_block_res_sample", told(residuals.middle)}};
    for (size_t i = 0; i < residuals.skips.size(); ++i) {
      outputs["down_block_res_samples." + std::to_string(i)] = told(residuals.skips[i]);
    }
    return outputs;
  }

 private:
  ControlResiduals residuals_of(Context& ctx, const DenoiserInput& input, const std::vector<Tensor>& prepared) const {
    DenoiserInfo expected{
        .architecture = info_.architecture, .in_channels = info_.in_channels, .text_width = info_.text_width};
    check_denoiser_input(expected, input);
    expected.pooled_width = pooled_width_of(config_, input);
    check_denoiser_input(expected, input);
    const int64_t rows = input.text.dim(0), columns = input.text.dim(1);
    const UnetConditioning condition{
        embedding_.forward(ctx, input),
        {input.text.reshape({rows * columns, info_.text_width}), rows, columns, input.text_lengths}};
    Tensor x = conv2d(ctx, channels_last(ctx, input.sample), conv_in_);  // [rows, height, width, channels]
    x = with_residual(ctx, x, prepared.front());
    std::vector<Tensor> found{x};
    for (const UnetDown& level : down_) x = level.forward(ctx, std::move(x), condition, found);
    if (mid_) x = mid_->forward(ctx, x, condition);
    ControlResiduals residuals;
    for (size_t i = 0; i < skips_.size(); ++i) {
      const Tensor& skip = found[i];
      residuals.skips.push_back(as_image(linear(ctx, as_tokens(skip), skips_[i]), skip));
      found[i] = {};
    }
    residuals.middle = as_image(linear(ctx, as_tokens(x), middle_), x);
    return residuals;
  }

  UnetConfig config_;
  ControlModelInfo info_;
  UnetEmbedding embedding_;
  PictureEmbedding picture_;
  Conv2d conv_in_;
  std::vector<UnetDown> down_;
  std::optional<UnetMid> mid_;
  std::vector<Linear> skips_;  // each [channels, channels]
  Linear middle_;              // [channels, channels]
};

}  // namespace

std::unique_ptr<ControlModel> load_controlnet(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<ControlNet>(weights, source);
}

}  // namespace diptych::models
