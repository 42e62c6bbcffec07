#include "models/unet/unet.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "models/common/denoiser_input.h"
#include "models/common/reference_inputs.h"
#include "models/common/timestep_embedding.h"
#include "models/unet/unet_blocks.h"

namespace diptych::models {
namespace {

// Two layers that turn an embedding of numbers into what resnets take.
struct EmbeddingLayers {
  EmbeddingLayers(WeightLoader& weights, const std::string& name, int64_t in_width, int64_t out_width)
      : first(weights.linear({{name + ".linear_1", out_width}}, in_width)),
        second(weights.linear({{name + ".linear_2", out_width}}, out_width)) {}

  Tensor forward(Context& ctx, const Tensor& x) const {  // [rows, in_width] -> [rows, out_width]
    return linear(ctx, activate(ctx, linear(ctx, x, first), Activation::silu), second);
  }

  Linear first, second;
};

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
        time_embedding_(weights, "time_embedding", config_.levels.front().channels, config_.time_width),
        conv_in_(weights.conv2d("conv_in",
                                edge_conv(config_.in_channels, config_.levels.front().channels, config_.kernel_in))),
        norm_out_(weights, "conv_norm_out", config_.levels.front().channels, config_.norm_groups, config_.norm_eps),
        conv_out_(weights.conv2d(
            "conv_out", edge_conv(config_.levels.front().channels, config_.out_channels, config_.kernel_out))) {
    if (config_.added_width > 0) {
      added_embedding_.emplace(weights, "add_embedding", config_.added_width, config_.time_width);
    }
    for (size_t level = 0; level < config_.levels.size(); ++level) down_.emplace_back(weights, config_, level);
    if (config_.mid_block) mid_.emplace(weights, config_);
    for (size_t level = config_.levels.size(); level-- > 0;) up_.emplace_back(weights, config_, level);
    info_.architecture = source.architecture();
    info_.in_channels = config_.in_channels;
    info_.out_channels = config_.out_channels;
    info_.sample_size = config_.sample_size;
    info_.text_width = config_.text_width();
    info_.size_conditioned = config_.added_width > 0;
    info_.pooled_width = pooled_width(config_);
    info_.parameters = weights.parameters();
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(with_pooled_width(input), input);
    const UnetConditioning condition{time_of(ctx, input), text_of(input)};
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
  // SDXL's base has six sizes beside the pooled text, its refiner five. The refiner reads one text encoder alone, whose
  // pooled text is as wide as its tokens; config.json does not say more, so inputs may divide the width otherwise.
  static int64_t pooled_width(const UnetConfig& c) {
    if (c.added_width == 0) return 0;
    const bool refiner = c.added_width - 5 * c.size_channels == c.text_width();
    return c.added_width - (refiner ? 5 : 6) * c.size_channels;
  }

  // The info, with the width that the number of sizes leaves for the pooled text.
  DenoiserInfo with_pooled_width(const DenoiserInput& input) const {
    DenoiserInfo info = info_;
    if (config_.added_width == 0) return info;
    const Tensor& ids = input.time_ids;
    const bool matrix = ids && ids.dtype() == DType::f32 && ids.shape().rank() == 2 && ids.contiguous();
    info.pooled_width = matrix ? config_.added_width - ids.dim(1) * config_.size_channels : 0;
    const bool as_many =
        !input.pooled || input.pooled.shape().rank() != 2 || !matrix || ids.dim(0) == input.pooled.dim(0);
    if (info.pooled_width < 1 || !as_many) {
      const int64_t sizes = (config_.added_width - info_.pooled_width) / config_.size_channels;
      throw Error(ErrorCategory::invalid_argument, "cannot run " + info_.architecture, "time_ids",
                  !ids ? "they are missing" : "their shape is " + ids.shape().str(),
                  "give f32 [rows, " + std::to_string(sizes) + "]");
    }
    return info;
  }

  UnetText text_of(const DenoiserInput& input) const {
    const int64_t rows = input.text.dim(0), columns = input.text.dim(1);
    return {input.text.reshape({rows * columns, info_.text_width}), rows, columns, input.text_lengths};
  }

  // [rows, time_width], behind the silu that every resnet would begin with
  Tensor time_of(Context& ctx, const DenoiserInput& input) const {
    TimestepEmbedding form{.channels = config_.levels.front().channels,
                           .cosines_first = config_.cosines_first,
                           .frequency_shift = config_.frequency_shift};
    Tensor time = time_embedding_.forward(ctx, timestep_embedding(ctx, input.timesteps, form));
    if (added_embedding_) {
      form.channels = config_.size_channels;
      const Tensor sizes = timestep_embedding(ctx, sizes_in(input.time_ids), form);  // [rows * sizes, size_channels]
      const int64_t rows = input.pooled.dim(0), width = sizes.elements() / rows;
      const Tensor both = concat_columns(ctx, input.pooled, sizes.reshape({rows, width}));  // [rows, added_width]
      time = add(ctx, time, added_embedding_->forward(ctx, both));
    }
    return activate(ctx, time, Activation::silu);
  }

  static std::vector<float> sizes_in(const Tensor& ids) {
    std::vector<float> values(static_cast<size_t>(ids.elements()));
    if (!ids.is_meta()) std::copy_n(ids.data<float>(), ids.elements(), values.begin());
    return values;
  }

  UnetConfig config_;
  DenoiserInfo info_;
  EmbeddingLayers time_embedding_;
  std::optional<EmbeddingLayers> added_embedding_;
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
