#include "models/sd3/sd3_config.h"

#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {

Sd3Config sd3_config(const ModelSource& source) {
  const HfConfig c(source);
  Sd3Config config;
  config.layers = c.extent("num_layers", 18);
  config.heads = c.extent("num_attention_heads", 18);
  config.head_dim = c.extent("attention_head_dim", 64);
  config.in_channels = c.extent("in_channels", 16);
  config.out_channels = c.extent("out_channels", config.in_channels);
  config.patch = c.extent("patch_size", 2);
  config.sample_size = c.extent("sample_size", 128);
  config.positions = c.extent("pos_embed_max_size", 96);
  config.text_width = c.extent("joint_attention_dim", 4096);
  config.pooled_width = c.extent("pooled_projection_dim", 2048);
  config.dual_layers = c.counts("dual_attention_layers");
  c.expect("qk_norm", "rms_norm");
  config.qk_norm = c.text("qk_norm").has_value();
  check_width(c, config.width());
  if (c.extent("caption_projection_dim", 1152) != config.width()) {
    c.fail("caption_projection_dim", "is not num_attention_heads * attention_head_dim");
  }
  return config;
}

}  // namespace diptych::models
