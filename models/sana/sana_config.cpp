#include "models/sana/sana_config.h"

#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {

SanaConfig sana_config(const ModelSource& source) {
  const HfConfig c(source);
  SanaConfig config;
  config.layers = c.extent("num_layers", 20);
  config.heads = c.extent("num_attention_heads", 70);
  config.head_dim = c.extent("attention_head_dim", 32);
  config.text_heads = c.extent("num_cross_attention_heads", 20);
  config.text_head_dim = c.extent("cross_attention_head_dim", 112);
  config.in_channels = c.extent("in_channels", 32);
  config.out_channels = c.extent("out_channels", c.contains("out_channels") ? config.in_channels : 32);
  config.patch = c.extent("patch_size", 1);
  config.sample_size = c.extent("sample_size", 32);
  config.text_width = c.extent("caption_channels", 2304);
  config.norm_eps = static_cast<float>(c.number("norm_eps").value_or(1e-6));
  config.guided = c.flag("guidance_embeds", false);
  c.expect("qk_norm", "rms_norm_across_heads");
  config.qk_norm = c.text("qk_norm").has_value();
  c.expect("norm_elementwise_affine", false);
  check_width(c, config.width());
  check_width(c, config.text_heads * config.text_head_dim, "num_cross_attention_heads");
  if (c.extent("cross_attention_dim", 2240) != config.width()) {
    c.fail("cross_attention_dim", "is not num_attention_heads * attention_head_dim");
  }
  const double ratio = c.number("mlp_ratio").value_or(2.5);
  if (!(ratio > 0 && ratio * static_cast<double>(config.width()) < static_cast<double>(largest_extent))) {
    c.fail("mlp_ratio", "is " + std::to_string(ratio));
  }
  config.inner = static_cast<int64_t>(ratio * static_cast<double>(config.width()));
  if (config.inner < 1) c.fail("mlp_ratio", "is " + std::to_string(ratio));
  config.timestep_scale = static_cast<float>(c.number("timestep_scale").value_or(1));
  if (!(config.timestep_scale > 0)) c.fail("timestep_scale", "is not positive");
  if (const auto scale = c.number("interpolation_scale")) {
    if (!(*scale > 0)) c.fail("interpolation_scale", "is not positive");
    config.interpolation = static_cast<float>(*scale);
    check_grid(c, config.width(), config.sample_size, config.patch);
  }
  return config;
}

}  // namespace diptych::models
