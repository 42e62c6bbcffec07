#include "models/unet/unet.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/ops/image_layout.h"
#include "models/common/denoiser_input.h"
#include "models/common/reference_inputs.h"
#include "models/unet/unet_blocks.h"
#include "models/unet/unet_embedding.h"
#include "models/unet/unet_original_names.h"

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
    info_.parameters = weights.parameters();
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    DenoiserInfo expected = info_;
    expected.pooled_width = 0;  // checked with the sizes, which leave it room
    check_denoiser_input(expected, input);
    expected.pooled_width = pooled_width_of(config_, input);
    check_denoiser_input(expected, input);
    const UnetConditioning condition{embedding_.forward(ctx, input), text_of(input)};
    Tensor x = channels_last(ctx, input.sample);  // [rows, height, width, in_channels]
    x = conv2d(ctx, x, conv_in_);                 // [rows, height, width, channels]
    std::vector<Tensor> skips{x};
    for (const UnetDown& level : down_) x = level.forward(ctx, std::move(x), condition, skips);
    if (mid_) x = mid_->forward(ctx, x, condition);
    for (const UnetUp& level : up_) x = level.forward(ctx, std::move(x), condition, skips);
    x = conv2d(ctx, norm_out_.silu(ctx, x), conv_out_);  // [rows, height, width, out_channels]
    return channels_first(ctx, x);
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs named(inputs, info_.architecture);
    DenoiserInput input;
    input.sample = named.tensor("sample", {any_extent, info_.in_channels, any_extent, any_extent});
    const int64_t rows = input.sample.dim(0);
    input.timesteps = named.numbers("timestep", rows);
    input.text = named.tensor("encoder_hidden_states", {rows, any_extent, info_.text_width});
    if (info_.size_conditioned) {
      input.pooled = named.tensor("added_cond_kwargs.text_embeds", {rows, any_extent});
      input.time_ids = named.real_tensor(ctx, "added_cond_kwargs.time_ids", {rows, any_extent});
    }
    named.refuse_the_rest(arguments, {"return_dict"});
    return {{"sample", forward(ctx, input)}};
  }

 private:
  UnetText text_of(const DenoiserInput& input) const {
    const int64_t rows = input.text.dim(0), columns = input.text.dim(1);
    return {input.text.reshape({rows * columns, info_.text_width}), rows, columns, input.text_lengths};
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
