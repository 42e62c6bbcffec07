#include "models/common/decoder_config.h"

#include "engine/core/error.h"
#include "models/common/hf_activation.h"

namespace diptych::models {
namespace {

const DecoderConfig& checked(const DecoderConfig& config, const ModelSource& source) {
  if (config.heads % config.kv_heads != 0 || config.norm_eps < 0 || config.layers > 10000 ||
      config.heads > largest_extent / config.head_dim) {
    throw Error(ErrorCategory::invalid_file, "cannot load model", source.path.string(),
                "its configuration contradicts itself (" + std::to_string(config.heads) + " heads of " +
                    std::to_string(config.head_dim) + ", " + std::to_string(config.kv_heads) + " key-value heads, " +
                    std::to_string(config.layers) + " layers)",
                "the file is damaged: download it again");
  }
  return config;
}

}  // namespace

CausalLmInfo DecoderConfig::info(std::string architecture, int64_t vocab, int64_t parameters) const {
  return {.architecture = std::move(architecture),
          .layers = layers,
          .hidden = hidden,
          .heads = heads,
          .kv_heads = kv_heads,
          .head_dim = head_dim,
          .vocab = vocab,
          .context_length = context_length,
          .sliding_window = sliding_window,
          .parameters = parameters};
}

DecoderConfig decoder_config_of_gguf(const ModelSource& source, bool mixture) {
  const GgufConfig gguf(source);
  DecoderConfig config;
  config.layers = gguf.extent("block_count");
  config.hidden = gguf.extent("embedding_length");
  config.heads = gguf.extent_of_all_layers("attention.head_count", 0);
  if (config.heads == 0) config.heads = gguf.extent("attention.head_count");  // says that it is missing
  config.kv_heads = gguf.extent_of_all_layers("attention.head_count_kv", config.heads);
  config.head_dim = gguf.extent("attention.key_length", std::max<int64_t>(1, config.hidden / config.heads));
  config.intermediate = gguf.extent_of_all_layers("feed_forward_length", 0);
  if (config.intermediate == 0) config.intermediate = gguf.extent("feed_forward_length");
  config.context_length = gguf.extent("context_length", 2048);
  config.norm_eps = gguf.number("attention.layer_norm_rms_epsilon").value_or(1e-5f);
  const bool refused = gguf.contains("expert_count") && !mixture;
  if (gguf.extent("attention.value_length", config.head_dim) != config.head_dim || refused) {
    throw Error(ErrorCategory::unsupported, "cannot load model", source.path.string(),
                refused ? "mixtures of experts of its architecture are not supported"
                        : "keys and values of different width are not supported",
                "choose a dense model");
  }
  return checked(config, source);
}

DecoderConfig decoder_config_of_hf(const ModelSource& source, const HfDefaults& defaults) {
  const HfConfig hf(source);
  DecoderConfig config;
  config.layers = hf.extent("num_hidden_layers");
  config.hidden = hf.extent("hidden_size");
  config.heads =
      defaults.heads > 0 ? hf.extent("num_attention_heads", defaults.heads) : hf.extent("num_attention_heads");
  config.kv_heads = defaults.kv_heads > 0 && !hf.contains("num_key_value_heads")
                        ? defaults.kv_heads
                        : hf.extent("num_key_value_heads", config.heads);
  config.head_dim = hf.extent(
      "head_dim", defaults.head_dim > 0 ? defaults.head_dim : std::max<int64_t>(1, config.hidden / config.heads));
  config.intermediate = hf.extent("intermediate_size");
  config.context_length = hf.extent("max_position_embeddings", defaults.context_length);
  config.norm_eps = static_cast<float>(hf.number("rms_norm_eps").value_or(1e-6));
  config.tied = hf.flag("tie_word_embeddings", defaults.tied);
  config.activation = activation_of_hf(hf, defaults.activation_key, defaults.activation);
  return checked(config, source);
}

DecoderConfig decoder_config(const ModelSource& source, const HfDefaults& defaults) {
  return source.gguf ? decoder_config_of_gguf(source, defaults.mixture) : decoder_config_of_hf(source, defaults);
}

Heads split_heads(const Tensor& qkv, const DecoderConfig& config) {
  const int64_t q_end = config.q_rows(), k_end = q_end + config.kv_rows();
  return {.q = qkv.slice(1, 0, q_end).split_last(config.heads),
          .k = qkv.slice(1, q_end, k_end).split_last(config.kv_heads),
          .v = qkv.slice(1, k_end, k_end + config.kv_rows()).split_last(config.kv_heads)};
}

}  // namespace diptych::models
