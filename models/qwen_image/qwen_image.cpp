#include "models/qwen_image/qwen_image.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/norm.h"
#include "engine/ops/patch.h"
#include "models/common/denoiser_input.h"
#include "models/common/embedder.h"
#include "models/common/joint_block.h"
#include "models/common/reference_inputs.h"
#include "models/common/timestep_embedding.h"
#include "models/common/transformer_config.h"
#include "models/qwen_image/qwen_image_config.h"

namespace diptych::models {
namespace {

constexpr TimestepEmbedding qwen_image_times{.channels = 256, .scale = 1000};
constexpr JointNames qwen_image_names{
    .modulation = "img_mod.1", .text_modulation = "txt_mod.1", .mlp = "img_mlp", .text_mlp = "txt_mlp"};
constexpr float qwen_image_eps = 1e-6f;

// Of one image, in tokens. A row may hold several, the later ones to be looked at (editing).
struct QwenImageSize {
  int64_t frames = 1, lines = 0, columns = 0;
};

class QwenImage final : public Denoiser {
 public:
  QwenImage(WeightLoader& weights, const ModelSource& source) : config_(qwen_image_config(source)) {
    const int64_t width = config_.width();
    time_ = Embedder(weights, "time_text_embed.timestep_embedder", qwen_image_times.channels, width);
    text_norm_ = weights.vector("txt_norm.weight", config_.text_width);
    text_ = weights.linear({{"txt_in", width}}, config_.text_width);
    image_ = weights.linear({{"img_in", width}}, config_.in_channels);
    const JointForm form{.heads = config_.heads, .head_dim = config_.head_dim, .qk_norm = true};
    for (int64_t i = 0; i < config_.layers; ++i) {
      blocks_.emplace_back(weights, "transformer_blocks." + std::to_string(i) + ".", qwen_image_names, form);
    }
    norm_ = weights.linear({{"norm_out.linear", 2 * width}}, width);
    output_ = weights.linear({{"proj_out", out_values()}}, width);
    info_ = {.architecture = source.architecture(),
             .in_channels = config_.in_channels / (config_.patch * config_.patch),
             .out_channels = config_.out_channels,
             .side_multiple = config_.patch,
             .text_width = config_.text_width,
             .timestep_divisor = 1000,
             .parameters = weights.parameters()};
  }

  const DenoiserInfo& info() const override { return info_; }

  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    check_denoiser_input(info_, input);
    const Tensor& sample = input.sample;
    const PatchForm form{.side = config_.patch};
    if (info_.in_channels * form.side * form.side != config_.in_channels) {
      throw Error(ErrorCategory::unsupported, "cannot denoise with " + info_.architecture, "latents",
                  "its tokens are no whole patches", "choose a model of Qwen-Image's form");
    }
    const QwenImageSize size{1, sample.dim(2) / form.side, sample.dim(3) / form.side};
    const Tensor y = denoise(ctx, patchify(ctx, sample, form), {&size, 1}, input);
    return unpatchify(ctx, y, sample.shape().with(1, config_.out_channels), form);
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs given(inputs, info_.architecture);
    const Tensor image = given.tensor("hidden_states", {any_extent, any_extent, config_.in_channels});
    const int64_t rows = image.dim(0), pixels = image.dim(1);
    DenoiserInput input;
    input.text = given.tensor("encoder_hidden_states", {rows, any_extent, config_.text_width});
    input.text_lengths = given.optional_lengths("encoder_hidden_states_mask", rows, input.text.dim(1));
    input.timesteps = given.numbers("timestep", rows);
    given.refuse_the_rest(arguments, {"img_shapes"});
    const std::vector<QwenImageSize> sizes =
        sizes_of(arguments.is_object() ? arguments.value("img_shapes", nlohmann::json()) : nlohmann::json(), pixels);
    const Tensor tokens = image.reshape({rows * pixels, config_.in_channels});
    return {{"sample", denoise(ctx, tokens, sizes, input).reshape({rows, pixels, out_values()})}};
  }

 private:
  int64_t out_values() const { return config_.patch * config_.patch * config_.out_channels; }

  // Of the first row, as the reference: a list for each row, of one [frames, height, width] or of several.
  static std::vector<QwenImageSize> sizes_of(const nlohmann::json& shapes, int64_t pixels) {
    std::vector<QwenImageSize> sizes;
    int64_t sum = 0;
    const auto add = [&](const nlohmann::json& shape) {
      if (!shape.is_array() || shape.size() != 3) return;
      int64_t extents[3];
      for (size_t i = 0; i < 3; ++i) {
        if (!shape[i].is_number_integer()) return;
        extents[i] = shape[i].get<int64_t>();
        if (extents[i] < 1 || extents[i] > pixels) return;
      }
      if (extents[1] > pixels / extents[0] || extents[2] > pixels / (extents[0] * extents[1])) return;
      sizes.push_back({extents[0], extents[1], extents[2]});
      sum += extents[0] * extents[1] * extents[2];
    };
    if (shapes.is_array() && !shapes.empty() && shapes[0].is_array() && !shapes[0].empty()) {
      if (shapes[0][0].is_array()) {
        for (const nlohmann::json& shape : shapes[0]) add(shape);
      } else {
        add(shapes[0]);
      }
    }
    if (sum == pixels) return sizes;
    throw Error(ErrorCategory::invalid_argument, "cannot evaluate", "img_shapes",
                shapes.dump() + " does not describe it",
                "give [[[frames, height, width]]] of the " + std::to_string(pixels) + " tokens of a row");
  }

  // Positions [text + image, 3]: lines and columns count from the middle, the text from beyond the largest of them.
  static std::vector<float> positions_of(std::span<const QwenImageSize> sizes, int64_t tokens) {
    int64_t beyond = 0;
    for (const QwenImageSize& size : sizes) beyond = std::max({beyond, size.lines / 2, size.columns / 2});
    std::vector<float> positions;
    for (int64_t i = 0; i < tokens; ++i) positions.insert(positions.end(), 3, static_cast<float>(beyond + i));
    for (size_t i = 0; i < sizes.size(); ++i) {
      const QwenImageSize& size = sizes[i];
      for (int64_t pixel = 0; pixel < size.frames * size.lines * size.columns; ++pixel) {
        const int64_t frame = pixel / (size.lines * size.columns), line = pixel / size.columns % size.lines;
        const int64_t middle_line = size.lines - size.lines / 2, middle_column = size.columns - size.columns / 2;
        positions.push_back(static_cast<float>(static_cast<int64_t>(i) + frame));
        positions.push_back(static_cast<float>(line - middle_line));
        positions.push_back(static_cast<float>(pixel % size.columns - middle_column));
      }
    }
    return positions;
  }

  // x [rows * pixels, in_channels] -> [rows * pixels, out_values]
  Tensor denoise(Context& ctx, const Tensor& x, std::span<const QwenImageSize> sizes,
                 const DenoiserInput& input) const {
    const int64_t tokens = input.text.dim(1);
    const RopeAngles all = axial_rope_angles(ctx, positions_of(sizes, tokens), {.dims = config_.rope_dims});
    const auto part = [&](int64_t begin, int64_t end) {
      return RopeAngles{all.cos.slice(0, begin, end), all.sin.slice(0, begin, end), all.style};
    };
    const JointAngles angles{.image = part(tokens, all.cos.dim(0)), .text = part(0, tokens)};
    Tensor c = time_.forward(ctx, timestep_embedding(ctx, input.timesteps, qwen_image_times));
    c = activate(ctx, c, Activation::silu);  // [rows, width]
    const Tensor text = rms_norm(ctx, input.text.reshape({input.text.dim(0) * tokens, config_.text_width}), text_norm_,
                                 qwen_image_eps);  // [rows * tokens, text_width]
    JointState state{linear(ctx, x, image_),
                     linear(ctx, text, text_)};  // [rows * pixels, width], [rows * tokens, width]
    for (const JointBlock& block : blocks_) {
      state = block.forward(ctx, std::move(state), c, input.text_lengths, &angles);
    }
    return linear(ctx, continuous_norm(ctx, state.image, c, norm_, qwen_image_eps), output_);
  }

  QwenImageConfig config_;
  DenoiserInfo info_;
  Embedder time_;
  Tensor text_norm_;  // [text_width]
  Linear text_;       // [width, text_width]
  Linear image_;      // [width, in_channels]
  std::vector<JointBlock> blocks_;
  Linear norm_;    // [2 width, width]
  Linear output_;  // [patch * patch * out_channels, width]
};

}  // namespace

std::unique_ptr<Denoiser> load_qwen_image(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  require_folder(source);
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<QwenImage>(weights, source);
}

}  // namespace diptych::models
