#include "models/qwen_image/qwen_image_config.h"

#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {

QwenImageConfig qwen_image_config(const ModelSource& source) {
  const HfConfig c(source);
  QwenImageConfig config;
  config.layers = c.extent("num_layers", 60);
  config.heads = c.extent("num_attention_heads", 24);
  config.head_dim = c.extent("attention_head_dim", 128);
  config.in_channels = c.extent("in_channels", 64);
  config.out_channels = c.extent("out_channels", c.contains("out_channels") ? config.in_channels : 16);
  config.patch = c.extent("patch_size", 2);
  config.text_width = c.extent("joint_attention_dim", 3584);
  config.rope_dims = rope_dims_of(c, "axes_dims_rope", {16, 56, 56}, config.head_dim);
  if (config.rope_dims.size() != 3) c.fail("axes_dims_rope", "does not have three entries");
  c.expect("zero_cond_t", false);
  c.expect("use_additional_t_cond", false);
  c.expect("use_layer3d_rope", false);
  check_width(c, config.width());
  return config;
}

}  // namespace diptych::models
