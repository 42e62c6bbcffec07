#include "models/z_image/z_image.h"

#include "engine/core/error.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/ops/norm.h"
#include "engine/ops/patch.h"
#include "models/common/denoiser_input.h"
#include "models/common/embedder.h"
#include "models/common/reference_inputs.h"
#include "models/common/timestep_embedding.h"
#include "models/common/transformer_config.h"
#include "models/z_image/z_image_block.h"
#include "models/z_image/z_image_original.h"

namespace diptych::models {
namespace {

constexpr int64_t z_image_multiple = 32;  // sequences are filled up to multiples of it with learned tokens
constexpr int64_t z_image_frequencies = 256, z_image_time_width = 1024;

int64_t padded(int64_t tokens) {
  return (tokens + z_image_multiple - 1) / z_image_multiple * z_image_multiple;
}

class ZImage final : public Denoiser {
 public:
  ZImage(WeightLoader& weights, const ModelSource& source) : config_(z_image_config(source)) {
    const int64_t width = config_.width, condition = config_.condition_width();
    const int64_t values = config_.patch_frames * config_.patch * config_.patch * config_.channels;
    time_.linear_1 = weights.linear({{"t_embedder.mlp.0", z_image_time_width}}, z_image_frequencies);
    time_.linear_2 = weights.linear({{"t_embedder.mlp.2", condition}}, z_image_time_width);
    image_ = weights.linear({{"all_x_embedder." + config_.patch_name(), width}}, values);
    image_pad_ = weights.values("x_pad_token", {1, width});
    text_norm_ = weights.vector("cap_embedder.0.weight", config_.text_width);
    text_ = weights.linear({{"cap_embedder.1", width}}, config_.text_width);
    text_pad_ = weights.values("cap_pad_token", {1, width});
    for (int64_t i = 0; i < config_.refiners; ++i) {
      image_refiners_.emplace_back(weights, "noise_refiner." + std::to_string(i) + ".", config_, true);
      text_refiners_.emplace_back(weights, "context_refiner." + std::to_string(i) + ".", config_, false);
    }
    for (int64_t i = 0; i < config_.layers; ++i) {
      blocks_.emplace_back(weights, "layers." + std::to_string(i) + ".", config_, true);
    }
    const std::string last = "all_final_layer." + config_.patch_name() + ".";
    norm_ = weights.linear({{last + "adaLN_modulation.1", width}}, condition);
    output_ = weights.linear({{last + "linear", values}}, width);
    name_originals(weights, z_image_original_names(config_));
    info_ = {.architecture = source.architecture(),
             .in_channels = config_.channels,
             .out_channels = config_.channels,
             .side_multiple = config_.patch,
             .text_width = config_.text_width,
             .reversed_flow = true,
             .timestep_divisor = 1000,
             .parameters = weights.parameters()};
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input);
    const Tensor& s = input.sample;
    DenoiserInput video = input;
    video.sample = s.reshape({s.dim(0), s.dim(1), 1, s.dim(2), s.dim(3)});
    return denoise(ctx, video).reshape(s.shape());
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs given(inputs, info_.architecture);
    DenoiserInput input;
    input.sample = given.tensor("x", {any_extent, any_extent, any_extent, any_extent, any_extent});
    input.text = given.tensor("cap_feats", {any_extent, any_extent, any_extent});
    input.timesteps = given.numbers("t", input.sample.dim(0));
    given.refuse_the_rest(arguments);
    check_denoiser_input(info_, input, 5);
    return {{"sample", denoise(ctx, input)}};
  }

 private:
  Tensor denoise(Context& ctx, const DenoiserInput& input) const {
    const Shape& shape = input.sample.shape();
    if (shape[2] % config_.patch_frames != 0) {
      throw Error(ErrorCategory::invalid_argument, "cannot denoise with " + info_.architecture,
                  std::to_string(shape[2]) + " frames", "they are no whole patches",
                  "give a multiple of " + std::to_string(config_.patch_frames));
    }
    Tensor all;
    for (int64_t row = 0; row < shape[0]; ++row) {
      const auto i = static_cast<size_t>(row);
      const int64_t tokens = input.text_lengths.empty() ? input.text.dim(1) : input.text_lengths[i];
      const Tensor text = input.text.slice(0, row, row + 1).slice(1, 0, tokens).reshape({tokens, config_.text_width});
      const Tensor one = denoise_one(ctx, input.sample.slice(0, row, row + 1), text, input.timesteps[i]);
      all = all ? concat(ctx, all, one, 0) : one;
    }
    return all;
  }

  // image [1, channels, frames, height, width], text [tokens, text_width] -> as the image
  Tensor denoise_one(Context& ctx, const Tensor& image, const Tensor& text, float time) const {
    const PatchForm form{.side = config_.patch, .frames = config_.patch_frames, .order = PatchOrder::channels_last};
    const SamplesScope image_alone(ctx, std::min<int64_t>(ctx.samples, 1));
    const float scaled_time = time * config_.time_scale;
    const Tensor c = time_.forward(ctx, timestep_embedding(ctx, {&scaled_time, 1}, {.channels = z_image_frequencies}));
    Tensor x = linear(ctx, patchify(ctx, image, form), image_);  // [pixels, width]
    const int64_t pixels = x.dim(0), text_tokens = padded(text.dim(0));
    x = fill_up(ctx, x, image_pad_);
    const RopeAngles angles = angles_of(ctx, image.shape(), x.dim(0), text_tokens);
    const RopeAngles image_angles = part(angles, 0, x.dim(0));
    for (const ZImageBlock& block : image_refiners_) x = block.forward(ctx, x, c, image_angles);
    Tensor t = linear(ctx, rms_norm(ctx, text, text_norm_, config_.norm_eps), text_);  // [tokens, width]
    t = fill_up(ctx, t, text_pad_);
    const RopeAngles text_angles = part(angles, x.dim(0), x.dim(0) + text_tokens);
    for (const ZImageBlock& block : text_refiners_) t = block.forward(ctx, t, c, text_angles);
    x = concat(ctx, x, t, 0);  // [padded pixels + padded tokens, width]
    for (const ZImageBlock& block : blocks_) x = block.forward(ctx, x, c, angles);
    Tensor scale = linear(ctx, activate(ctx, c, Activation::silu), norm_);  // [1, width]
    scale = scale_offset(ctx, scale, 1, 1).reshape({config_.width});
    x = layer_norm(ctx, x.slice(0, 0, pixels), scale, {}, 1e-6f);  // [pixels, width]
    return unpatchify(ctx, linear(ctx, x, output_), image.shape(), form);
  }

  // Whole multiples of tokens, the pad token behind the others.
  static Tensor fill_up(Context& ctx, const Tensor& x, const Tensor& pad) {
    const int64_t missing = padded(x.dim(0)) - x.dim(0);
    if (missing == 0) return x;
    return concat(ctx, x, gather_rows(ctx, pad, std::vector<int32_t>(static_cast<size_t>(missing), 0)), 0);
  }

  // Of the image's tokens, then the text's. The text counts from 1, pads included, and the image stands behind it along
  // the same axis; pads of the image stand at 0.
  RopeAngles angles_of(Context& ctx, const Shape& image, int64_t image_tokens, int64_t text_tokens) const {
    const int64_t frames = image[2] / config_.patch_frames, lines = image[3] / config_.patch,
                  columns = image[4] / config_.patch;
    std::vector<float> positions;
    for (int64_t i = 0; i < frames * lines * columns; ++i) {
      const int64_t frame = i / (lines * columns), line = i / columns % lines;
      positions.push_back(static_cast<float>(text_tokens + 1 + frame));
      positions.push_back(static_cast<float>(line));
      positions.push_back(static_cast<float>(i % columns));
    }
    positions.resize(static_cast<size_t>(3 * image_tokens), 0.0f);
    for (int64_t i = 0; i < text_tokens; ++i) positions.insert(positions.end(), {static_cast<float>(1 + i), 0, 0});
    return axial_rope_angles(ctx, positions, {.dims = config_.rope_dims, .theta = config_.rope_theta});
  }

  static RopeAngles part(const RopeAngles& angles, int64_t begin, int64_t end) {
    return {angles.cos.slice(0, begin, end), angles.sin.slice(0, begin, end), angles.style};
  }

  ZImageConfig config_;
  DenoiserInfo info_;
  Embedder time_;                // to condition_width
  Linear image_;                 // [width, patch values]
  Tensor text_norm_;             // [text_width]
  Linear text_;                  // [width, text_width]
  Tensor image_pad_, text_pad_;  // [1, width]
  std::vector<ZImageBlock> image_refiners_, text_refiners_, blocks_;
  Linear norm_;    // [width, condition_width]
  Linear output_;  // [patch values, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_z_image(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  require_folder(source);
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<ZImage>(weights, source);
}

}  // namespace diptych::models
