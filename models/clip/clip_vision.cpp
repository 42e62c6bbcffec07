#include "models/clip/clip_vision.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/join.h"
#include "engine/ops/norm.h"
#include "models/clip/clip_layer.h"
#include "models/common/config_reader.h"
#include "models/common/hf_activation.h"
#include "models/common/transformer_config.h"

namespace diptych::models {
namespace {

struct ClipVisionConfig {
  int64_t layers, image_size, patch;
  ClipLayerSizes sizes;

  explicit ClipVisionConfig(const HfConfig& c)
      : layers(c.extent("num_hidden_layers", 12)),
        image_size(c.extent("image_size", 224)),
        patch(c.extent("patch_size", 32)),
        sizes{.hidden = c.extent("hidden_size", 768),
              .intermediate = c.extent("intermediate_size", 3072),
              .heads = c.extent("num_attention_heads", 12),
              .norm_eps = static_cast<float>(c.number("layer_norm_eps").value_or(1e-5)),
              .activation = activation_of_hf(c, "hidden_act", "quick_gelu")} {
    c.expect("num_channels", 3);
    if (sizes.hidden % sizes.heads != 0) c.fail("num_attention_heads", "does not divide hidden_size");
    if (image_size < patch || image_size > 1 << 14) c.fail("image_size", "is no picture's of such patches");
  }

  int64_t side() const { return image_size / patch; }  // patches; what is left over is not seen
  int64_t tokens() const { return side() * side() + 1; }
};

class ClipVision final : public ImageEncoder {
 public:
  ClipVision(WeightLoader& weights, const ModelSource& source) : config_(HfConfig(source)) {
    const int64_t hidden = config_.sizes.hidden;
    const std::string root = weights.contains("vision_model.post_layernorm.weight") ? "vision_model." : "";
    patches_ = weights.conv2d(root + "embeddings.patch_embedding", {.in_channels = 3,
                                                                    .out_channels = hidden,
                                                                    .kernel_height = config_.patch,
                                                                    .kernel_width = config_.patch,
                                                                    .stride = config_.patch,
                                                                    .padding = {}});
    whole_ = weights.vector(root + "embeddings.class_embedding", hidden).reshape({1, hidden});
    positions_ = weights.values(root + "embeddings.position_embedding.weight", {config_.tokens(), hidden});
    first_weight_ = weights.vector(root + "pre_layrnorm.weight", hidden);  // so spelled in every file
    first_bias_ = weights.vector(root + "pre_layrnorm.bias", hidden);
    for (int64_t i = 0; i < config_.layers; ++i) {
      layers_.emplace_back(weights, root + "encoder.layers." + std::to_string(i) + ".", config_.sizes);
    }
    last_weight_ = weights.vector(root + "post_layernorm.weight", hidden);
    last_bias_ = weights.vector(root + "post_layernorm.bias", hidden);
    if (weights.contains("visual_projection.weight")) {
      info_.projection = weights.shape("visual_projection.weight")[0];
      projection_ = weights.linear({{"visual_projection", info_.projection}}, hidden);
    }
    info_.architecture = source.architecture();
    info_.image_size = config_.image_size;
    info_.tokens = config_.tokens();
    info_.layers = config_.layers;
    info_.hidden = hidden;
    info_.parameters = weights.parameters();
  }

  const ImageEncoderInfo& info() const override { return info_; }

  ImageEncoding forward(Context& ctx, const Tensor& pixels, bool with_hidden_states) const override {
    check(pixels);
    const int64_t rows = pixels.dim(0), tokens = info_.tokens, hidden = info_.hidden;
    Tensor x = conv2d(ctx, channels_last(ctx, pixels), patches_);  // [rows, side, side, hidden]
    const std::vector<int32_t> first(static_cast<size_t>(rows), 0);
    const Tensor whole = gather_rows(ctx, whole_, first).reshape({rows, 1, hidden});
    x = concat(ctx, whole, x.reshape({rows, tokens - 1, hidden}), 1);            // [rows, tokens, hidden]
    x = add_rows(ctx, x.reshape({rows * tokens, hidden}), positions_);           // [rows * tokens, hidden]
    x = layer_norm(ctx, x, first_weight_, first_bias_, config_.sizes.norm_eps);  // [rows * tokens, hidden]
    const TextBatch images{.rows = rows, .columns = tokens, .ids = {}, .lengths = {}};
    const Shape shape{rows, tokens, hidden};
    ImageEncoding encoding;
    for (const ClipLayer& layer : layers_) {
      if (with_hidden_states) encoding.hidden_states.push_back(x.reshape(shape));
      x = layer.forward(ctx, x, images, {.causal = false});  // [rows * tokens, hidden]
    }
    encoding.last = x.reshape(shape);
    if (with_hidden_states) encoding.hidden_states.push_back(encoding.last);
    std::vector<int32_t> places;
    for (int64_t row = 0; row < rows; ++row) places.push_back(static_cast<int32_t>(row * tokens));
    encoding.pooled = layer_norm(ctx, gather_rows(ctx, x, places), last_weight_, last_bias_, config_.sizes.norm_eps);
    if (info_.projection > 0) encoding.projected = linear(ctx, encoding.pooled, projection_);  // [rows, projection]
    return encoding;
  }

 private:
  void check(const Tensor& pixels) const {
    const bool fits = pixels && pixels.dtype() == DType::f32 && pixels.shape().rank() == 4 && pixels.contiguous() &&
                      pixels.dim(0) > 0 && pixels.dim(1) == 3 && pixels.dim(2) == info_.image_size &&
                      pixels.dim(3) == info_.image_size;
    if (fits) return;
    const std::string side = std::to_string(info_.image_size);
    throw Error(ErrorCategory::invalid_argument, "cannot run " + info_.architecture, "pixel_values",
                pixels ? "their shape is " + pixels.shape().str() : "they are missing",
                "give f32 [rows, 3, " + side + ", " + side + "]");
  }

  ClipVisionConfig config_;
  ImageEncoderInfo info_;
  Conv2d patches_;
  Tensor whole_, positions_;          // [1, hidden], [tokens, hidden]
  Tensor first_weight_, first_bias_;  // [hidden]
  std::vector<ClipLayer> layers_;
  Tensor last_weight_, last_bias_;  // [hidden]
  Linear projection_;               // [projection, hidden]
};

}  // namespace

std::unique_ptr<ImageEncoder> load_clip_vision(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  require_folder(source);
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<ClipVision>(weights, source);
}

}  // namespace diptych::models
