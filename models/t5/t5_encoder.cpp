#include "models/t5/t5_encoder.h"

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"
#include "engine/core/recompute.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"
#include "models/common/encoder_attention.h"
#include "models/common/layer_name.h"
#include "models/t5/t5_config.h"

namespace diptych::models {
namespace {

namespace names {
constexpr LayerName attention_norm{"attn_norm.weight", "layer.0.layer_norm.weight"};
constexpr LayerName q{"attn_q", "layer.0.SelfAttention.q"};
constexpr LayerName k{"attn_k", "layer.0.SelfAttention.k"};
constexpr LayerName v{"attn_v", "layer.0.SelfAttention.v"};
constexpr LayerName output{"attn_o", "layer.0.SelfAttention.o"};
constexpr LayerName bias{"attn_rel_b.weight", "layer.0.SelfAttention.relative_attention_bias.weight"};
constexpr LayerName mlp_norm{"ffn_norm.weight", "layer.1.layer_norm.weight"};
constexpr LayerName gate{"ffn_gate", "layer.1.DenseReluDense.wi_0"};
constexpr LayerName gated_up{"ffn_up", "layer.1.DenseReluDense.wi_1"};
constexpr LayerName plain_up{"ffn_up", "layer.1.DenseReluDense.wi"};
constexpr LayerName down{"ffn_down", "layer.1.DenseReluDense.wo"};
}  // namespace names

// Writes a layer's names as the file has them.
struct LayerOf {
  bool gguf;
  int64_t index;

  std::string operator()(const LayerName& name) const {
    return gguf ? "enc.blk." + std::to_string(index) + "." + name.gguf : as_hf(name);
  }
  std::string as_hf(const LayerName& name) const { return "encoder.block." + std::to_string(index) + "." + name.hf; }
};

// Adapters call a layer as transformers does.
void name_for_adapters(WeightLoader& weights, const LayerOf& layer, bool gated) {
  const LayerName& up = gated ? names::gated_up : names::plain_up;
  for (const LayerName& name : {names::q, names::k, names::v, names::output, names::gate, up, names::down}) {
    weights.also_named(layer.as_hf(name), {layer(name)});
  }
}

struct T5Layer {
  T5Layer(WeightLoader& weights, const LayerOf& name, const T5Config& c)
      : config(c),
        attention_norm(weights.vector(name(names::attention_norm), c.hidden)),
        qkv(weights.linear({{name(names::q), c.width()}, {name(names::k), c.width()}, {name(names::v), c.width()}},
                           c.hidden)),
        output(weights.linear({{name(names::output), c.hidden}}, c.width())),
        mlp_norm(weights.vector(name(names::mlp_norm), c.hidden)),
        inner(c.gated ? weights.linear({{name(names::gate), c.intermediate}, {name(names::gated_up), c.intermediate}},
                                       c.hidden)
                      : weights.linear({{name(names::plain_up), c.intermediate}}, c.hidden)),
        down(weights.linear({{name(names::down), c.hidden}}, c.intermediate)) {}

  Tensor forward(Context& ctx, const Tensor& x, const TextBatch& texts, const AttentionOptions& options) const {
    Tensor h = rms_norm(ctx, x, attention_norm, config.norm_eps);                       // [tokens, hidden]
    Tensor a = self_attention(ctx, linear(ctx, h, qkv), config.heads, texts, options);  // [tokens, heads * head_dim]
    auto [sum, normed] = add_rms_norm(ctx, x, linear(ctx, a, output), mlp_norm, config.norm_eps);  // [tokens, hidden]
    Tensor m = linear(ctx, normed, inner);  // [tokens, intermediate or twice that]
    m = config.gated ? gated_activation(ctx, m, config.activation) : activate(ctx, m, config.activation);
    return add(ctx, sum, linear(ctx, m, down));  // [tokens, hidden]
  }

  T5Config config;
  Tensor attention_norm;  // [hidden]
  Linear qkv;             // [3 heads * head_dim, hidden]
  Linear output;          // [hidden, heads * head_dim]
  Tensor mlp_norm;        // [hidden]
  Linear inner;           // [2 intermediate, hidden], or without the gate [intermediate, hidden]
  Linear down;            // [hidden, intermediate]
};

class T5Encoder final : public TextEncoder {
 public:
  T5Encoder(WeightLoader& weights, const ModelSource& source) : config_(t5_config(source)) {
    const bool gguf = source.gguf != nullptr;
    const std::string tokens = gguf                                ? "token_embd.weight"
                               : weights.contains("shared.weight") ? "shared.weight"
                                                                   : "encoder.embed_tokens.weight";
    config_.vocab = weights.shape(tokens)[0];
    tokens_ = weights.matrix(tokens, config_.vocab, config_.hidden);
    if (config_.layers > 1 && weights.contains(LayerOf{gguf, 1}(names::bias))) {
      throw Error(ErrorCategory::unsupported, "cannot load text encoder", source.path.string(),
                  "each of its layers has positions of its own: it is a UMT5, which no pipeline here reads",
                  "choose a T5 v1.1");
    }
    position_bias_ = weights.matrix(LayerOf{gguf, 0}(names::bias), config_.buckets, config_.heads);
    for (int64_t i = 0; i < config_.layers; ++i) {
      layers_.emplace_back(weights, LayerOf{gguf, i}, config_);
      if (gguf) name_for_adapters(weights, LayerOf{gguf, i}, config_.gated);
    }
    final_norm_ = weights.vector(gguf ? "enc.output_norm.weight" : "encoder.final_layer_norm.weight", config_.hidden);
    info_.architecture = source.architecture();
    info_.layers = config_.layers;
    info_.hidden = config_.hidden;
    info_.vocab = config_.vocab;
    info_.parameters = weights.parameters();
  }

  const TextEncoderInfo& info() const override { return info_; }

  TextEncoding forward(Context& ctx, const TextBatch& texts, bool with_hidden_states) const override {
    AttentionOptions options{.scale = 1, .causal = false, .relative_bias = relative_bias(ctx, texts.columns)};
    Tensor x = embedding(ctx, tokens_, texts.ids);  // [tokens, hidden]
    TextEncoding encoding;
    for (const T5Layer& layer : layers_) {
      if (with_hidden_states) encoding.hidden_states.push_back(x);
      x = recomputed(ctx, x, [&layer, texts, options](Context& c, const Tensor& in) {
        return layer.forward(c, in, texts, options);  // [tokens, hidden]
      });
    }
    encoding.last = rms_norm(ctx, x, final_norm_, config_.norm_eps);  // [tokens, hidden]
    if (with_hidden_states) encoding.hidden_states.push_back(encoding.last);
    return encoding;
  }

 private:
  // [heads, 2 * columns - 1], the same in every layer
  Tensor relative_bias(Context& ctx, int64_t columns) const {
    std::vector<int32_t> buckets;
    for (int64_t distance = 1 - columns; distance < columns; ++distance) {
      buckets.push_back(relative_position_bucket(distance, config_.buckets, config_.max_distance));
    }
    return transpose(ctx, embedding(ctx, position_bias_, buckets));
  }

  T5Config config_;
  TextEncoderInfo info_;
  Weight tokens_;         // [vocab, hidden]
  Weight position_bias_;  // [buckets, heads]
  std::vector<T5Layer> layers_;
  Tensor final_norm_;  // [hidden]
};

}  // namespace

int32_t relative_position_bucket(int64_t distance, int64_t buckets, int64_t max_distance) {
  const int64_t side = buckets / 2, exact = side / 2;
  const int64_t first = distance > 0 ? side : 0, away = std::abs(distance);
  if (away < exact) return static_cast<int32_t>(first + away);
  // In f32, as the reference: a bucket begins where it rounds to.
  const float ratio = std::log(static_cast<float>(away) / static_cast<float>(exact)) /
                      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  const auto range = static_cast<int64_t>(ratio * static_cast<float>(side - exact));
  return static_cast<int32_t>(first + std::min(exact + range, side - 1));
}

std::unique_ptr<TextEncoder> load_t5_encoder(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<T5Encoder>(weights, source);
}

}  // namespace diptych::models
