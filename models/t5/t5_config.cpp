#include "models/t5/t5_config.h"

#include "engine/core/error.h"
#include "models/common/config_reader.h"
#include "models/common/hf_activation.h"

namespace diptych::models {
namespace {

T5Config from_gguf(const GgufConfig& c) {
  T5Config config;
  config.layers = c.extent("block_count");
  config.hidden = c.extent("embedding_length");
  config.intermediate = c.extent("feed_forward_length");
  config.heads = c.extent("attention.head_count");
  config.head_dim = c.extent("attention.key_length", config.hidden / config.heads);
  config.buckets = c.extent("attention.relative_buckets_count", 32);
  config.norm_eps = c.number("attention.layer_norm_rms_epsilon")
                        .value_or(c.number("attention.layer_norm_epsilon").value_or(config.norm_eps));
  return config;
}

T5Config from_hf(const HfConfig& c) {
  T5Config config;
  config.layers = c.extent("num_layers", 6);
  config.hidden = c.extent("d_model", 512);
  config.intermediate = c.extent("d_ff", 2048);
  config.heads = c.extent("num_heads", 8);
  config.head_dim = c.extent("d_kv", 64);
  config.buckets = c.extent("relative_attention_num_buckets", 32);
  config.max_distance = c.extent("relative_attention_max_distance", 128);
  config.norm_eps = static_cast<float>(c.number("layer_norm_epsilon").value_or(1e-6));
  const std::string projection = c.text("feed_forward_proj").value_or("relu");
  config.gated = projection.starts_with("gated-");
  // transformers reads "gated-gelu" as gelu_new, for the sake of the published checkpoints.
  const std::string plain = config.gated ? projection.substr(6) : projection;
  const std::string name = plain == "gelu" && config.gated ? "gelu_new" : plain;
  config.activation = activation_of_hf(c, "dense_act_fn", name.c_str());
  return config;
}

}  // namespace

T5Config t5_config(const ModelSource& source) {
  T5Config config = source.gguf ? from_gguf(GgufConfig(source)) : from_hf(HfConfig(source));
  if (config.buckets < 4 || config.buckets % 4 != 0 || config.max_distance <= config.buckets / 4) {
    throw Error(ErrorCategory::invalid_file, "cannot load text encoder", source.path.string(),
                std::to_string(config.buckets) + " buckets do not divide distances up to " +
                    std::to_string(config.max_distance),
                "the file is damaged: copy or download it again");
  }
  return config;
}

}  // namespace diptych::models
