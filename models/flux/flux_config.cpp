#include "models/flux/flux_config.h"

#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {

FluxConfig flux_config(const ModelSource& source) {
  const HfConfig c(source);
  FluxConfig config;
  config.layers = c.extent("num_layers", 19);
  config.single_layers = c.extent("num_single_layers", 38);
  config.heads = c.extent("num_attention_heads", 24);
  config.head_dim = c.extent("attention_head_dim", 128);
  config.in_channels = c.extent("in_channels", 64);
  config.out_channels = c.extent("out_channels", config.in_channels);
  config.text_width = c.extent("joint_attention_dim", 4096);
  config.pooled_width = c.extent("pooled_projection_dim", 768);
  config.guided = c.flag("guidance_embeds", false);
  c.expect("patch_size", 1);
  config.rope_dims = rope_dims_of(c, "axes_dims_rope", {16, 56, 56}, config.head_dim);
  check_width(c, config.width());
  return config;
}

}  // namespace diptych::models
