#include "models/clip/clip_text.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/core/recompute.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/ops/norm.h"
#include "models/clip/clip_layer.h"
#include "models/common/config_reader.h"
#include "models/common/hf_activation.h"

namespace diptych::models {
namespace {

struct ClipConfig {
  int64_t layers, vocab, max_tokens;
  ClipLayerSizes sizes;
  int32_t eos;

  explicit ClipConfig(const HfConfig& c)
      : layers(c.extent("num_hidden_layers", 12)),
        vocab(c.extent("vocab_size", 49408)),
        max_tokens(c.extent("max_position_embeddings", 77)),
        sizes{.hidden = c.extent("hidden_size", 512),
              .intermediate = c.extent("intermediate_size", 2048),
              .heads = c.extent("num_attention_heads", 8),
              .norm_eps = static_cast<float>(c.number("layer_norm_eps").value_or(1e-5)),
              .activation = activation_of_hf(c, "hidden_act", "quick_gelu")},
        eos(static_cast<int32_t>(c.count("eos_token_id", 49407))) {
    if (sizes.hidden % sizes.heads != 0) c.fail("num_attention_heads", "does not divide hidden_size");
  }
};

class ClipText final : public TextEncoder {
 public:
  ClipText(WeightLoader& weights, const ModelSource& source) : config_(HfConfig(source)) {
    const std::string root = weights.contains("text_model.final_layer_norm.weight") ? "text_model." : "";
    tokens_ = weights.matrix(root + "embeddings.token_embedding.weight", config_.vocab, config_.sizes.hidden);
    positions_ =
        weights.matrix(root + "embeddings.position_embedding.weight", config_.max_tokens, config_.sizes.hidden);
    for (int64_t i = 0; i < config_.layers; ++i) {
      layers_.emplace_back(weights, root + "encoder.layers." + std::to_string(i) + ".", config_.sizes);
    }
    final_weight_ = weights.vector(root + "final_layer_norm.weight", config_.sizes.hidden);
    final_bias_ = weights.vector(root + "final_layer_norm.bias", config_.sizes.hidden);
    if (weights.contains("text_projection.weight")) {
      info_.projection = weights.shape("text_projection.weight")[0];
      projection_ = weights.linear({{"text_projection", info_.projection}}, config_.sizes.hidden);
    }
    info_.architecture = source.architecture();
    info_.layers = config_.layers;
    info_.hidden = config_.sizes.hidden;
    info_.vocab = config_.vocab;
    info_.max_tokens = config_.max_tokens;
    info_.parameters = weights.parameters();
  }

  const TextEncoderInfo& info() const override { return info_; }

  TextEncoding forward(Context& ctx, const TextBatch& texts, bool with_hidden_states) const override {
    if (texts.columns > config_.max_tokens) {
      throw Error(ErrorCategory::invalid_argument, "cannot encode text", std::to_string(texts.columns) + " tokens",
                  "the encoder reads up to " + std::to_string(config_.max_tokens), "cut the text into chunks");
    }
    std::vector<int32_t> places;
    for (int64_t i = 0; i < texts.rows * texts.columns; ++i) places.push_back(static_cast<int32_t>(i % texts.columns));
    Tensor x = add(ctx, token_embeddings(ctx, texts), embedding(ctx, positions_, places));  // [tokens, hidden]
    TextEncoding encoding;
    for (const ClipLayer& layer : layers_) {
      if (with_hidden_states) encoding.hidden_states.push_back(x);
      x = recomputed(ctx, x, [&layer, texts](Context& c, const Tensor& in) {
        return layer.forward(c, in, texts, {});  // [tokens, hidden]
      });
    }
    if (with_hidden_states) encoding.hidden_states.push_back(x);
    encoding.last = final_norm(ctx, x);                                                        // [tokens, hidden]
    encoding.pooled = gather_rows(ctx, encoding.last, ends(texts));                            // [rows, hidden]
    if (info_.projection > 0) encoding.projected = linear(ctx, encoding.pooled, projection_);  // [rows, projection]
    return encoding;
  }

  Tensor final_norm(Context& ctx, const Tensor& hidden) const override {
    return layer_norm(ctx, hidden, final_weight_, final_bias_, config_.sizes.norm_eps);
  }

 private:
  // [tokens, hidden]; ids beyond the vocabulary are looked up in what the texts bring along
  Tensor token_embeddings(Context& ctx, const TextBatch& texts) const {
    if (!texts.embeddings) return embedding(ctx, tokens_, texts.ids);
    const auto vocab = static_cast<int32_t>(config_.vocab);
    std::vector<int32_t> known = texts.ids, rows;
    for (int32_t& id : known) {
      const auto tokens = static_cast<int32_t>(known.size());
      rows.push_back(id < vocab ? static_cast<int32_t>(rows.size()) : tokens + id - vocab);
      id = id < vocab ? id : 0;
    }
    // By ops that gradients go through: these vectors may be what is trained (textual inversion).
    return gather_rows(ctx, concat(ctx, embedding(ctx, tokens_, known), texts.embeddings, 0), rows);
  }

  // Where each text ends: at its first end token. Published configurations of SD 1.x name a token 2 that is none: there
  // it is the largest id, which the end token happens to be.
  std::vector<int32_t> ends(const TextBatch& texts) const {
    std::vector<int32_t> rows;
    const auto vocab = static_cast<int32_t>(config_.vocab);  // embeddings that texts bring along are no end
    for (int64_t row = 0; row < texts.rows; ++row) {
      const auto begin = texts.ids.begin() + row * texts.columns, end = begin + texts.columns;
      const auto smaller = [&](int32_t a, int32_t b) { return (a < vocab ? a : -1) < (b < vocab ? b : -1); };
      auto place = config_.eos == 2 ? std::max_element(begin, end, smaller) : std::find(begin, end, config_.eos);
      if (place == end) place = begin;  // as the reference: the first of all that are not it
      rows.push_back(static_cast<int32_t>(place - texts.ids.begin()));
    }
    return rows;
  }

  ClipConfig config_;
  TextEncoderInfo info_;
  Weight tokens_, positions_;  // [vocab, hidden], [max_tokens, hidden]
  std::vector<ClipLayer> layers_;
  Tensor final_weight_, final_bias_;  // [hidden]
  Linear projection_;                 // [projection, hidden]
};

}  // namespace

std::unique_ptr<TextEncoder> load_clip_text(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  if (!source.hf) {
    throw Error(ErrorCategory::unsupported, "cannot load text encoder", source.path.string(),
                "CLIP is read from Hugging Face folders only", "choose the model's text_encoder folder");
  }
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<ClipText>(weights, source);
}

}  // namespace diptych::models
