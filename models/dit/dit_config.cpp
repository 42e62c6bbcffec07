#include "models/dit/dit_config.h"

#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {

DitConfig dit_config(const ModelSource& source) {
  const HfConfig c(source);
  DitConfig config;
  config.layers = c.extent("num_layers", 28);
  config.heads = c.extent("num_attention_heads", 16);
  config.head_dim = c.extent("attention_head_dim", 72);
  config.in_channels = c.extent("in_channels", 4);
  config.out_channels = c.extent("out_channels", config.in_channels);
  config.patch = c.extent("patch_size", 2);
  config.sample_size = c.extent("sample_size", 32);
  config.classes = c.extent("num_embeds_ada_norm", 1000);
  config.norm_eps = static_cast<float>(c.number("norm_eps").value_or(1e-5));
  c.expect("activation_fn", "gelu-approximate");
  c.expect("norm_elementwise_affine", false);
  c.expect("norm_type", "ada_norm_zero");
  check_width(c, config.width());
  check_grid(c, config.width(), config.sample_size, config.patch);
  return config;
}

}  // namespace diptych::models
