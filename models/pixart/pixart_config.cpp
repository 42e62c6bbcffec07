#include "models/pixart/pixart_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {

PixArtConfig pixart_config(const ModelSource& source) {
  const HfConfig c(source);
  PixArtConfig config;
  config.layers = c.extent("num_layers", 28);
  config.heads = c.extent("num_attention_heads", 16);
  config.head_dim = c.extent("attention_head_dim", 72);
  config.in_channels = c.extent("in_channels", 4);
  config.out_channels = c.extent("out_channels", c.contains("out_channels") ? config.in_channels : 8);
  config.patch = c.extent("patch_size", 2);
  config.sample_size = c.extent("sample_size", 128);
  config.projects_text = c.count("caption_channels", 0) > 0;
  const int64_t key_width = c.extent("cross_attention_dim", 1152);
  config.text_width = config.projects_text ? c.extent("caption_channels") : key_width;
  config.size_conditioned = c.flag("use_additional_conditions", config.sample_size == 128);
  const auto stretch = static_cast<double>(std::max<int64_t>(config.sample_size / 64, 1));
  config.interpolation = static_cast<float>(c.number("interpolation_scale").value_or(stretch));
  config.norm_eps = static_cast<float>(c.number("norm_eps").value_or(1e-6));
  c.expect("activation_fn", "gelu-approximate");
  c.expect("norm_elementwise_affine", false);
  c.expect("norm_type", "ada_norm_single");
  c.expect("attention_type", "default");
  check_width(c, config.width());
  check_grid(c, config.width(), config.sample_size, config.patch);
  if (!(config.interpolation > 0)) c.fail("interpolation_scale", "is not positive");
  if (config.key_width() != key_width) c.fail("cross_attention_dim", "is not the width that the text is projected to");
  if (config.size_conditioned && config.width() % 3 != 0) {
    c.fail("use_additional_conditions", "is set, but the width is no multiple of 3");
  }
  return config;
}

}  // namespace diptych::models
